/**
 * Checks that imports point one way (no circle of files, and only imports that the tables below allow) and that each
 * name in lambda/ is unique.
 */
import { existsSync, globSync, readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";

/**
 * Allowed imports of a folder of lambda/: other folders or files of lambda/, and packages. The folder's own files are
 * always allowed.
 */
interface Allowed {
  folders: readonly string[];
  packages?: readonly string[];
}

const text = "text.ts";

/** The folders of lambda/, in the order of the run. docs/architecture.md describes them. */
export const lambdaFolders: Readonly<Record<string, Allowed>> = {
  domain: { folders: [] },
  go: { folders: [] },
  evidence: { folders: ["domain", "go", text], packages: ["node:crypto", "node:path", "node:zlib", "zod"] },
  kubelet: { folders: ["domain", "go", text, "evidence"] },
  rules: { folders: ["domain", text, "evidence", "kubelet"], packages: ["zod"] },
  "own-rules": {
    folders: ["domain", "go", text, "evidence", "kubelet", "rules"],
    packages: ["@bufbuild/re2", "@marcbachmann/cel-js", "yaml", "zod"],
  },
  // The worker is a separate entry point, so like the handlers it imports no-eval.ts to forbid the evaluation of text.
  judge: {
    folders: ["domain", text, "evidence", "kubelet", "rules", "own-rules", "run/no-eval.ts"],
    packages: ["node:crypto", "node:worker_threads", "yaml", "zod"],
  },
  aws: { folders: ["domain", text], packages: ["@aws-sdk", "node:events", "node:timers/promises"] },
  inventory: { folders: ["domain", text, "aws"], packages: ["@aws-sdk"] },
  events: { folders: ["domain", text, "aws", "inventory"], packages: ["@aws-sdk", "zod"] },
  collect: { folders: ["domain", text, "aws"], packages: ["@aws-sdk", "node:crypto", "node:timers/promises"] },
  securityhub: { folders: ["domain", text, "aws"], packages: ["@aws-sdk", "node:crypto", "node:timers/promises"] },
  ledger: {
    folders: ["domain", text, "aws", "securityhub/digest.ts", "securityhub/publish.ts", "securityhub/read.ts"],
    packages: ["@aws-sdk", "node:crypto", "node:timers/promises", "node:zlib", "zod"],
  },
  plan: { folders: ["domain", text, "aws"], packages: ["@aws-sdk", "zod"] },
  run: { folders: ["domain", text, "aws"], packages: ["@aws-lambda-powertools", "node:crypto", "zod"] },
  report: { folders: ["domain", text], packages: ["node:crypto", "node:fs"] },
};

/** Files at the root of lambda/, which may import any folder: the two handlers, the run and its configuration. */
const entries = ["audit.ts", "config.ts", "index.ts", "planner.ts"];

/** The folders beside lambda/ and the folders that they must not import. */
const forbidden: Readonly<Record<string, readonly string[]>> = {
  lambda: ["lib", "bin", "test", "local-aws", "bench", "docs"],
  lib: ["bin", "test", "local-aws", "bench", "docs"],
  bin: ["test", "bench", "docs"],
  "local-aws": ["lambda", "lib", "bin", "test", "bench", "docs"],
};

/** Imports by file, relative ones as paths from the root of the repository. */
export type Graph = ReadonlyMap<string, readonly string[]>;

/**
 * Reads the imports of every file. Imports of types count, because a person who reads a file also has to read the types
 * that it uses.
 */
export function readGraph(): Graph {
  const files = globSync("{lambda,lib,bin,local-aws,bench,docs,test,.ci}/**/*.ts", { exclude: ["**/node_modules/**"] });
  return new Map(files.map((file) => [file, importsOf(file, readFileSync(file, "utf8"))]));
}

const statement = /^(?:import\b|export\s+(?:type\s+)?[{*])[^;"]*?"([^"]+)"|\bimport\("([^"]+)"\)/gm;

export function importsOf(file: string, source: string): string[] {
  return Array.from(source.matchAll(statement), ([, fixed, dynamic]) => {
    const name = fixed ?? dynamic ?? "";
    return name.startsWith(".") ? join(dirname(file), name) : name;
  });
}

/** One message for each import that the tables do not allow. */
export function strayImports(graph: Graph): string[] {
  return [...graph].flatMap(([file, imports]) =>
    imports.filter((name) => !isAllowed(file, name)).map((name) => `${file} must not import ${name}.`),
  );
}

function isAllowed(file: string, name: string): boolean {
  const [root = "", folder = "", ...rest] = file.split("/");
  if (forbidden[root]?.some((other) => name.startsWith(`${other}/`))) return false;
  if (root === "local-aws" && name.startsWith("@aws-sdk/")) return false;
  if (root !== "lambda" || entries.includes(folder)) return true;
  if (folder === text && rest.length === 0) return !name.startsWith("lambda/") && !name.startsWith("@aws-sdk/");
  const { folders: others, packages = [] } = lambdaFolders[folder] ?? { folders: [] };
  if (name.startsWith("lambda/")) {
    const target = name.slice("lambda/".length);
    return [folder, ...others].some((each) => target === each || target.startsWith(`${each}/`));
  }
  return name.endsWith(".json") || packages.some((each) => name === each || name.startsWith(`${each}/`));
}

/** One message for each cycle of imports. */
export function circles(graph: Graph): string[] {
  const done = new Set<string>();
  const found: string[] = [];
  const visit = (file: string, path: readonly string[]) => {
    const start = path.indexOf(file);
    if (start >= 0) found.push(`Circle: ${[...path.slice(start), file].join(" -> ")}.`);
    if (start >= 0 || done.has(file)) return;
    for (const name of graph.get(file) ?? []) if (graph.has(name)) visit(name, [...path, file]);
    done.add(file);
  };
  for (const file of graph.keys()) visit(file, []);
  return found;
}

/** Finds folders and files that the check missed, because a check that reads no imports would always pass. */
function unread(graph: Graph): string[] {
  const isRead = (folder: string) =>
    [...graph].some(
      ([file, imports]) => file.startsWith(`lambda/${folder}/`) && (imports.length > 0 || folder === "go"),
    );
  const missing = Object.keys(lambdaFolders).filter((folder) => !isRead(folder));
  const files = [...graph.keys()].filter((file) => file.startsWith("lambda/"));
  const unnamed = files.filter((file) => {
    const [, folder = ""] = file.split("/");
    return !lambdaFolders[folder] && !entries.includes(folder) && folder !== text;
  });
  return [
    ...missing.map((folder) => `No import was read in lambda/${folder}.`),
    ...unnamed.map((file) => `${file} is in a folder that .ci/imports.ts does not list.`),
    ...files.flatMap((file) => graph.get(file) ?? []).flatMap((name) => dangling(name)),
  ];
}

function dangling(name: string): string[] {
  return name.startsWith("lambda/") && !existsSync(name) ? [`There is no file ${name}.`] : [];
}

/** All messages about the imports of this repository. */
export function problemsIn(graph: Graph): string[] {
  return [...unread(graph), ...strayImports(graph), ...circles(graph), ...sharedNames(sourcesIn("lambda"))];
}

function sourcesIn(folder: string): Map<string, string> {
  const files = globSync(`${folder}/**/*.ts`);
  return new Map(files.map((file) => [file, readFileSync(file, "utf8")]));
}

const exported = /^export (?:async )?(?:const|function\*?|class|interface|type) (\w+)/gm;

/**
 * File names and exported names that may occur more than once. Every entry point of a bundle exports a function
 * "handler", because Lambda calls it.
 */
const shareable = new Set(["index.ts", "handler"]);

/** One message for each name that two files or exports share, because a name must have one meaning. */
export function sharedNames(sources: ReadonlyMap<string, string>): string[] {
  const owners = new Map<string, Set<string>>();
  const note = (name: string, file: string) => owners.set(name, (owners.get(name) ?? new Set()).add(file));
  for (const [file, source] of sources) {
    note(basename(file), file);
    for (const [, name = ""] of source.matchAll(exported)) note(name, file);
  }
  return [...owners].flatMap(([name, files]) =>
    files.size > 1 && !shareable.has(name) ? `${[...files].join(" and ")} share the name ${name}.` : [],
  );
}

if (import.meta.main) {
  const problems = problemsIn(readGraph());
  for (const problem of problems) console.error(problem);
  process.exitCode = problems.length > 0 ? 1 : 0;
}
