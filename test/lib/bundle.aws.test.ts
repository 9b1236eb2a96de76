import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { isBuiltin } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";
import { afterAll, expect, test } from "vitest";
import { bundling, functionEntries, plannerEntries } from "../../lib/bundle.ts";

const outdir = mkdtempSync(join(tmpdir(), "bundle-"));
afterAll(() => rmSync(outdir, { recursive: true }));

/** The auditing function and the planning function of organization mode. */
const entryPoints = { ...functionEntries, ...plannerEntries };
const { metafile } = await build({ ...bundling, entryPoints, outdir });
const bundles = Object.values(metafile.outputs);
const imports = bundles.flatMap((output) => output.imports);

test("each function and the judging worker is one file that imports only modules of Node.js", () => {
  expect(bundles).toHaveLength(3);
  const others = imports.filter(({ path }) => !isBuiltin(path));
  // The omitted credential providers are imported only if Lambda's own credentials are missing.
  expect([...new Set(others.map(({ path }) => path))].sort()).toEqual([...bundling.external].sort());
  expect(new Set(others.map(({ kind }) => kind))).toEqual(new Set(["dynamic-import"]));
});

/** Bytes of the handler's bundle. Node.js compiles every byte at each cold start. */
const mostBytes = 1_100_000;

test("the handler's bundle has at most 1.1 MB, because it omits the schemas of unused calls", () => {
  expect(statSync(join(outdir, "index.mjs")).size).toBeLessThan(mostBytes);
  const text = readFileSync(join(outdir, "index.mjs"), "utf8");
  expect(text).toContain("BatchImportFindings");
  expect(text).not.toContain("CreateTransitGateway");
});

test("the bundles contain no way to start a process or a server, or to evaluate text", () => {
  const doors = /^(node:)?(child_process|cluster|vm|inspector|repl|wasi|net|dgram|http2|module)\b/;
  expect(imports.filter(({ path }) => doors.test(path))).toEqual([]);
  for (const name of ["index.mjs", "judge-worker.mjs", "planner.mjs"])
    expect(readFileSync(join(outdir, name), "utf8")).not.toMatch(
      // A class of the package re2 has a method with the name eval.
      /child_process|(?<!\.)\beval\s*\((?!\w,\w\)\{)|\bnew Function\b|process\.(binding|dlopen)/,
    );
});

test("the auditing function starts only the judging worker", () => {
  const text = readFileSync(join(outdir, "index.mjs"), "utf8");
  expect(text.match(/new [\w$]+\([\w$]+,\{[^{}]*resourceLimits/g)).toHaveLength(1);
  for (const name of ["judge-worker.mjs", "planner.mjs"])
    expect(readFileSync(join(outdir, name), "utf8")).not.toContain("resourceLimits");
});

/** Exit code of a process that evaluates text. */
const evaluated = 99;
const watch = `
  const end = () => process.exit(${evaluated});
  globalThis.Function = new Proxy(Function, { construct: end, apply: end });
  globalThis.eval = end;`;
/** Calls a handler with invalid settings or an invalid event, and prints the name of its error. */
const start = `
  const { handler } = await import(process.argv[1]);
  const context = { invokedFunctionArn: "arn:aws:lambda:us-east-1:111122223333:function:f" };
  await handler({}, context).catch(({ name }) => console.log(name));`;
/** Starts the worker's code in this thread, with the data that the judging thread gets. */
const startWorker = `
  process.getBuiltinModule("node:worker_threads").workerData = { withSettings: false, ownRules: [] };
  process.getBuiltinModule("node:module").syncBuiltinESMExports();
  await import(process.argv[1]);`;

test.each([
  ["the auditing function does not evaluate text while it reads its settings", "index.mjs", start, "ConfigError", 0],
  ["the judging worker does not evaluate text while it starts", "judge-worker.mjs", startWorker, "", 0],
  ["the planning function does not evaluate text while it reads its event", "planner.mjs", start, "ZodError", 0],
  [
    "this test detects the evaluation of text",
    "index.mjs",
    `${start} new Function("return 1");`,
    "ConfigError",
    evaluated,
  ],
])("%s", (_, name, script, error, code) => {
  const argv = ["--input-type=module", "--eval", watch + script, join(outdir, name)];
  const { status, stdout } = spawnSync(process.execPath, argv, { env: { AWS_REGION: "us-east-1", PATH: "" } });
  expect(stdout.toString()).toContain(error);
  expect(status).toBe(code);
});
