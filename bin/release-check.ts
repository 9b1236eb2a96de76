/**
 * `npm run release:check`: lists what is missing before this version can be published. Exit code 1 if anything is
 * missing.
 */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import manifest from "../package.json" with { type: "json" };
import { tolerateClosedPipes } from "./cli/io.ts";

/** Placeholder in addresses for the GitHub account or organization that publishes. */
const placeholder = "OWNER/eks-kubelet-auditor";

/**
 * Maximum size of the installed package, in bytes. It has no runtime dependencies, so this is the size of an
 * installation.
 */
const largestPackage = 5_000_000;

interface Packed {
  unpackedSize: number;
  files: readonly { path: string }[];
}

const shipped = [
  "LICENSE",
  "CHANGELOG.md",
  "README.md",
  "dist/THIRD_PARTY_LICENSES",
  "dist/cli/eks-kubelet-auditor.mjs",
  "dist/function/index.mjs",
  "dist/kubelet-auditor.js",
  "dist/schemas/run.schema.json",
  "dist/types/lib/kubelet-auditor.d.ts",
];

const run = (program: string, ...args: string[]) => execFileSync(program, args, { encoding: "utf8" });
const lines = (text: string) => text.split("\n").filter(Boolean);

tolerateClosedPipes();
const missing: string[] = [];
const { version } = manifest;

const unfilled = lines(
  run("git", "grep", "--name-only", "--fixed-strings", placeholder, "--", ":!bin/release-check.ts"),
);
if (unfilled.length > 0)
  missing.push(`Replace OWNER in "${placeholder}" by the account that publishes, in: ${unfilled.join(", ")}.`);
const changelog = readFileSync(new URL("../CHANGELOG.md", import.meta.url), "utf8");
if (!changelog.includes(`\n## [${version}]`)) missing.push(`CHANGELOG.md has no entry "## [${version}]".`);
if (lines(run("git", "status", "--porcelain")).length > 0) missing.push("The work tree has uncommitted changes.");
if (!lines(run("git", "tag", "--points-at", "HEAD")).includes(`v${version}`))
  missing.push(`The commit has no tag v${version}. Create it: git tag v${version}`);

const [packed] = JSON.parse(run("npm", "pack", "--dry-run", "--json", "--ignore-scripts")) as Packed[];
if (packed === undefined) throw new Error("npm pack described no package");
const paths = new Set(packed.files.map(({ path }) => path));
for (const path of shipped) if (!paths.has(path)) missing.push(`The package lacks ${path}. Run: npm run build`);
if (packed.unpackedSize > largestPackage)
  missing.push(`The package has ${packed.unpackedSize} bytes; the limit is ${largestPackage}. Find what grew.`);

for (const sentence of missing) console.log(`- ${sentence}`);
console.log(missing.length === 0 ? `Version ${version} can be published: npm publish` : `${missing.length} to do.`);
process.exitCode = missing.length === 0 ? 0 : 1;
