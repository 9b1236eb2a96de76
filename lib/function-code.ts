import { copyFileSync, cpSync, existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { AssetHashType, DockerImage } from "aws-cdk-lib";
import { type AssetCode, Code } from "aws-cdk-lib/aws-lambda";
import type { BuildOptions } from "esbuild";

/** Path of the exceptions file for the function, which Lambda starts in the directory of its code. */
export const deployedExceptions = "exceptions.yaml";

/**
 * Credential providers that the bundle omits. Lambda passes credentials in environment variables, and one of these
 * providers
 * starts processes.
 */
const otherCredentials = [
  "@aws-sdk/credential-provider-http",
  "@aws-sdk/credential-provider-ini",
  "@aws-sdk/credential-provider-process",
  "@aws-sdk/credential-provider-sso",
  "@aws-sdk/credential-provider-web-identity",
  "@smithy/credential-provider-imds",
];

/**
 * Bundles two ES modules with everything that they import: the handler and the judging worker. The SDK is included
 * because the
 * one in Lambda's runtime can be older than the operations that the function calls.
 */
export const bundling = {
  entryPoints: { index: path("../lambda/index.ts"), "judge-worker": path("../lambda/judge/worker.ts") },
  absWorkingDir: path(".."),
  outExtension: { ".js": ".mjs" },
  bundle: true,
  platform: "node",
  target: "node24",
  format: "esm",
  mainFields: ["module", "main"],
  minify: true,
  external: otherCredentials,
  // yaml and other packages contain CommonJS, which needs require. ES modules have none.
  banner: {
    js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);',
  },
  logLevel: "warning",
} satisfies BuildOptions;

/** The hub's planning function, a separate module. */
export const planEntry = { planner: path("../lambda/planner.ts") };

/**
 * Directory of the bundle in the published package. In the repository it does not exist, and the bundle is built from
 * `lambda/`.
 */
const prebuilt = path("function");

/** The auditing function's code, together with the exceptions file. */
export function functionCode(exceptionsFile?: string): AssetCode {
  const isBuilt = existsSync(prebuilt);
  const write = (outdir: string) => {
    if (isBuilt) cpSync(prebuilt, outdir, { recursive: true });
    else writeFunction(outdir);
    if (exceptionsFile) copyFileSync(exceptionsFile, join(outdir, deployedExceptions));
  };
  return madeOf(isBuilt ? prebuilt : path("../lambda"), write, exceptionsFile && readFileSync(exceptionsFile, "utf8"));
}

/** The planning function's code. */
export function planCode(): AssetCode {
  return madeOf(path("../lambda/plan"), (outdir) => void writeBundle(outdir, planEntry));
}

/**
 * Code that `write` writes into a directory. Within an app, code with the same `source` and `extra` is written only
 * once.
 */
function madeOf(source: string, write: (outdir: string) => void, extra?: string): AssetCode {
  return Code.fromAsset(source, {
    ...(extra && { extraHash: extra }),
    assetHashType: AssetHashType.OUTPUT,
    bundling: {
      // Never pulled: what runs here always succeeds or throws.
      image: DockerImage.fromRegistry("scratch"),
      local: {
        tryBundle(outdir) {
          write(outdir);
          return true;
        },
      },
    },
  });
}

/**
 * Writes the auditing function's code: the bundle, and the folder `page` with the report's page, which the function
 * reads.
 * Returns esbuild's result.
 */
export function writeFunction(outdir: string) {
  cpSync(path("../lambda/report/page"), join(outdir, "page"), { recursive: true });
  return writeBundle(outdir);
}

function writeBundle(outdir: string, entryPoints: Record<string, string> = bundling.entryPoints) {
  // The published package contains the bundle and works without a bundler.
  const { buildSync }: typeof import("esbuild") = createRequire(import.meta.url)("esbuild");
  return buildSync({ ...bundling, entryPoints, outdir, metafile: true });
}

function path(relative: string): string {
  return fileURLToPath(new URL(relative, import.meta.url));
}
