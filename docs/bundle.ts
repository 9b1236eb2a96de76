/**
 * Writes docs/bundle.md: the packages whose code is in the functions' bundles. The sizes come from esbuild, the
 * versions and licences from package-lock.json. With --check it only reports whether the page is stale. Throws on a
 * licence that is not allowed.
 */
import { readFileSync } from "node:fs";
import { build } from "esbuild";
import { z } from "zod";
import { bundling, functionEntries, plannerEntries } from "../lib/bundle.ts";
import { generated } from "./generated.ts";

const page = new URL("bundle.md", import.meta.url);
const lockfile = new URL("../package-lock.json", import.meta.url);

/** Licences whose only condition is to keep their text and the copyright notice. */
const allowed = ["0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "ISC", "MIT", "MIT-0"];

const introduction = `# What is in the bundles

This page is for people who review third-party code before they deploy. It lists every package whose code runs in the account.

The auditing function consists of two files: the handler, and the worker thread that judges nodes. The planning function of organization
mode is one file. esbuild builds each file from \`lambda/\` and the packages below. Every licence must be one of ${allowed.join(", ")}; another one fails the build.
`;

const ending = `Sizes are those of the minified code in all files together. \`npm run docs:bundle\` writes this page. The build fails if a package, version or licence differs.
`;

const lockModel = z.object({
  packages: z.record(z.string(), z.object({ name: z.string().optional(), version: z.string(), license: z.string() })),
});

/**
 * Bundles the functions as the stack does. Returns the bytes of each package by its path in package-lock.json; our own
 * code has the path "".
 */
async function bundle(): Promise<Map<string, number>> {
  const entryPoints = { ...functionEntries, ...plannerEntries };
  const { metafile } = await build({ ...bundling, entryPoints, outdir: "unwritten", write: false });

  const sizes = new Map<string, number>();
  for (const [file, { bytesInOutput }] of Object.values(metafile.outputs).flatMap(({ inputs }) =>
    Object.entries(inputs),
  )) {
    // The greedy match finds the innermost of nested packages.
    const [path = ""] = /^.*node_modules\/(@[^/]+\/)?[^/]+/.exec(file) ?? [];
    if (bytesInOutput > 0) sizes.set(path, (sizes.get(path) ?? 0) + bytesInOutput);
  }
  return sizes;
}

function table(sizes: ReadonlyMap<string, number>): string {
  const { packages } = lockModel.parse(JSON.parse(readFileSync(lockfile, "utf8")));
  const rows = [...sizes].sort().map(([path, bytes]) => {
    const { name = path.replace(/^.*node_modules\//, ""), version, license } = packages[path] ?? unlocked(path);
    if (!allowed.includes(license))
      throw new Error(`The licence ${license} of ${name} ${version} in the bundle is not allowed.`);
    return `| ${name} | ${version} | ${license} | ${kilobytes(bytes)} |`;
  });
  const total = [...sizes.values()].reduce((sum, bytes) => sum + bytes, 0);
  const sum = `| total: ${rows.length} | | | ${kilobytes(total)} |`;
  return ["| package | version | licence | size |", "|---|---|---|---|", ...rows, sum, ""].join("\n");
}

function unlocked(path: string): never {
  throw new Error(`${path} is in the bundle, but not in package-lock.json.`);
}

function kilobytes(bytes: number): string {
  return `${Number((bytes / 1000).toPrecision(2))} kB`;
}

/**
 * Removes the sizes. Any change of code changes the lengths of minified names, and such a change does not make the page
 * stale.
 */
function withoutSizes(text: string): string {
  return text.replaceAll(/[\d.]+ kB/g, "");
}

const text = [introduction, table(await bundle()), ending].join("\n");
generated(page, text, "npm run docs:bundle", withoutSizes);
