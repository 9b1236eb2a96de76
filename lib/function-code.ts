import { execFileSync } from "node:child_process";
import { copyFileSync, cpSync, existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { AssetHashType, DockerImage } from "aws-cdk-lib";
import { type AssetCode, Code } from "aws-cdk-lib/aws-lambda";
import { type DeployedFiles, deployedNames } from "./deployed-files.ts";

/**
 * Directory of the bundle in the published package. In the repository it does not exist, and the bundle is built from
 * `lambda/`.
 */
const prebuilt = path("function");

/** The auditing function's code, together with the customer's files. */
export function functionCode(files: DeployedFiles = {}): AssetCode {
  const named = Object.entries(deployedNames).flatMap(([key, name]) => {
    const file = files[key as keyof DeployedFiles];
    return file ? [[file, name] as const] : [];
  });
  const isBuilt = existsSync(prebuilt);
  const write = (outdir: string) => {
    if (isBuilt) cpSync(prebuilt, outdir, { recursive: true });
    else bundle("function", outdir);
    for (const [file, name] of named) copyFileSync(file, join(outdir, name));
  };
  return madeOf(isBuilt ? prebuilt : path("../lambda"), write, contentOf(named));
}

function contentOf(named: readonly (readonly [file: string, name: string])[]): string {
  return JSON.stringify(named.map(([file, name]) => [name, readFileSync(file, "utf8")]));
}

export function planCode(): AssetCode {
  return madeOf(path("../lambda/plan"), (outdir) => bundle("planner", outdir));
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
      // CDK requires an image, but never pulls it, because tryBundle always succeeds or throws.
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
 * Writes a bundle in a process of its own, so that esbuild is loaded only here. Users of the package have the finished
 * bundle, but not esbuild.
 */
function bundle(which: "function" | "planner", outdir: string): void {
  execFileSync(process.execPath, [path("bundle.ts"), which, outdir], { stdio: "inherit" });
}

function path(relative: string): string {
  return fileURLToPath(new URL(relative, import.meta.url));
}
