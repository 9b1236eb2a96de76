/**
 * Writes docs/bundle.md: the packages whose code is in the functions' bundles, as esbuild accounts for it and package-lock.json
 * names them; with --check it only says whether the page is stale. A licence that is not on the list ends it.
 */
import { readFileSync } from "node:fs";
import { buildSync } from "esbuild";
import { z } from "zod";
import { bundling, planEntry } from "../lib/function-code.ts";
import { generated } from "./generated.ts";

const page = new URL("bundle.md", import.meta.url);
const lockfile = new URL("../package-lock.json", import.meta.url);

/** Licences that ask for their own text and a name to be kept, and for nothing else. */
const allowed = ["0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "ISC", "MIT", "MIT-0"];

const introduction = `# What is in the bundles

The auditing function is two files: its handler, and the thread in which nodes are judged. The planning function of a fleet's hub
is one file. esbuild makes each of \`lambda/\` and of what that uses of the packages below. No other package's code runs in the account. A licence other than ${allowed.join(", ")} fails the build.
`;

const ending = `Sizes are minified, of all files together. This page is written by \`npm run docs:bundle\`, and the build fails if a package, version or licence differs.
`;

const lockModel = z.object({
  packages: z.record(z.string(), z.object({ name: z.string().optional(), version: z.string(), license: z.string() })),
});

/** Bundles as the stack does; returns the bytes of each package by its path in package-lock.json, our own by "". */
function bundle(): Map<string, number> {
  const entryPoints = { ...bundling.entryPoints, ...planEntry };
  const { metafile } = buildSync({ ...bundling, entryPoints, outdir: "unwritten", write: false, metafile: true });

  const sizes = new Map<string, number>();
  for (const [file, { bytesInOutput }] of Object.values(metafile.outputs).flatMap(({ inputs }) =>
    Object.entries(inputs),
  )) {
    // Greedy: of packages within packages it is the innermost.
    const [path = ""] = /^.*node_modules\/(@[^/]+\/)?[^/]+/.exec(file) ?? [];
    if (bytesInOutput > 0) sizes.set(path, (sizes.get(path) ?? 0) + bytesInOutput);
  }
  return sizes;
}

function table(sizes: ReadonlyMap<string, number>): string {
  const { packages } = lockModel.parse(JSON.parse(readFileSync(lockfile, "utf8")));
  const rows = [...sizes].sort().map(([path, bytes]) => {
    const { name = path.replace(/^.*node_modules\//, ""), version, license } = packages[path] ?? unlocked(path);
    if (!allowed.includes(license)) throw new Error(`${name} ${version} is in the bundle under the licence ${license}`);
    return `| ${name} | ${version} | ${license} | ${kilobytes(bytes)} |`;
  });
  const total = [...sizes.values()].reduce((sum, bytes) => sum + bytes, 0);
  const sum = `| ${rows.length} in all | | | ${kilobytes(total)} |`;
  return ["| package | version | licence | size |", "|---|---|---|---|", ...rows, sum, ""].join("\n");
}

function unlocked(path: string): never {
  throw new Error(`${path} is in the bundle and not in package-lock.json`);
}

function kilobytes(bytes: number): string {
  return `${Number((bytes / 1000).toPrecision(2))} kB`;
}

/** Minified names are shorter or longer with every change anywhere, and a page is not stale for that. */
function withoutSizes(text: string): string {
  return text.replaceAll(/[\d.]+ kB/g, "");
}

const text = [introduction, table(bundle()), ending].join("\n");
generated(page, text, "npm run docs:bundle", withoutSizes);
