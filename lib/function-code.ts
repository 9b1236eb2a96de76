import { copyFileSync, cpSync, existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { AssetHashType, DockerImage } from "aws-cdk-lib";
import { type AssetCode, Code } from "aws-cdk-lib/aws-lambda";
import type { BuildOptions } from "esbuild";

/** Where the function finds its exceptions: Lambda starts it in the directory of its code. */
export const deployedExceptions = "exceptions.yaml";

/** Ways to come by credentials that Lambda has no use for: it puts them into the environment. One of them starts processes. */
const otherCredentials = [
  "@aws-sdk/credential-provider-http",
  "@aws-sdk/credential-provider-ini",
  "@aws-sdk/credential-provider-process",
  "@aws-sdk/credential-provider-sso",
  "@aws-sdk/credential-provider-web-identity",
  "@smithy/credential-provider-imds",
];

/** Two ES modules with all they import: the handler, and the thread that judges. The SDK goes along, since the runtime's own may be older than the calls we make. */
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
  // yaml and others are CommonJS inside; an ES module has no require of its own.
  banner: {
    js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);',
  },
  logLevel: "warning",
} satisfies BuildOptions;

/** The hub's planning function, a module of its own. */
export const planEntry = { planner: path("../lambda/planner.ts") };

/** In the published package the bundle lies beside this file; in the repository it is made anew, of what `lambda/` says now. */
const prebuilt = path("function");

/** The function's code, and the exceptions in `exceptionsFile` beside it. */
export function functionCode(exceptionsFile?: string): AssetCode {
  const isBuilt = existsSync(prebuilt);
  const write = (outdir: string) => {
    if (isBuilt) cpSync(prebuilt, outdir, { recursive: true });
    else writeFunction(outdir);
    if (exceptionsFile) copyFileSync(exceptionsFile, join(outdir, deployedExceptions));
  };
  return madeOf(isBuilt ? prebuilt : path("../lambda"), write, exceptionsFile && readFileSync(exceptionsFile, "utf8"));
}

/** The code of the function that plans what is to be audited in a fleet. */
export function planCode(): AssetCode {
  return madeOf(path("../lambda/plan"), (outdir) => void writeBundle(outdir, planEntry));
}

/** Code that `write` puts into a directory. In one app, what has the same source and the same `extra` is made only once. */
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
 * Writes the function's code: the bundle, and the parts of the report's page, which the bundle reads from beside itself.
 * Returns what esbuild says of it.
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
