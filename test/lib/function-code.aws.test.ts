import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { isBuiltin } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildSync } from "esbuild";
import { afterAll, expect, test } from "vitest";
import { bundling } from "../../lib/function-code.ts";

const outdir = mkdtempSync(join(tmpdir(), "bundle-"));
afterAll(() => rmSync(outdir, { recursive: true }));

/** The auditing function and, for a fleet, the planning one. */
const entryPoints = { ...bundling.entryPoints, planner: "lambda/planner.ts" };
const { metafile } = buildSync({ ...bundling, entryPoints, outdir, metafile: true });
const bundles = Object.values(metafile.outputs);
const imports = bundles.flatMap((output) => output.imports);

test("each function and the judging thread is one file, which imports nothing but Node.js itself", () => {
  expect(bundles).toHaveLength(3);
  const others = imports.filter(({ path }) => !isBuiltin(path));
  // What is left out is named only where Lambda's own credentials are missing.
  expect([...new Set(others.map(({ path }) => path))].sort()).toEqual([...bundling.external].sort());
  expect(new Set(others.map(({ kind }) => kind))).toEqual(new Set(["dynamic-import"]));
});

test("nothing in them can start a process or a server, or run text as code by another name", () => {
  const doors = /^(node:)?(child_process|cluster|vm|inspector|repl|wasi|net|dgram|http2|module)\b/;
  expect(imports.filter(({ path }) => doors.test(path))).toEqual([]);
  for (const name of ["index.mjs", "judge-worker.mjs", "planner.mjs"])
    expect(readFileSync(join(outdir, name), "utf8")).not.toMatch(
      /child_process|\beval\s*\(|\bnew Function\b|process\.(binding|dlopen)/,
    );
});

test("the auditing function starts the judging thread and no other", () => {
  const text = readFileSync(join(outdir, "index.mjs"), "utf8");
  expect(text.match(/new \w+\(\w+,\{resourceLimits/g)).toHaveLength(1);
  for (const name of ["judge-worker.mjs", "planner.mjs"])
    expect(readFileSync(join(outdir, name), "utf8")).not.toContain("resourceLimits");
});

/** Ends the process with this code where text is made a function of. */
const evaluated = 99;
const watch = `
  const end = () => process.exit(${evaluated});
  globalThis.Function = new Proxy(Function, { construct: end, apply: end });
  globalThis.eval = end;`;
/** Reads settings and event, of which one is wrong, and says so. */
const start = `
  const { handler } = await import(process.argv[1]);
  const context = { invokedFunctionArn: "arn:aws:lambda:us-east-1:111122223333:function:f" };
  await handler({}, context).catch(({ name }) => console.log(name));`;

test.each([
  ["the auditing function starts and reads without", "index.mjs", start, "ConfigError", 0],
  ["the judging thread starts without", "judge-worker.mjs", "await import(process.argv[1])", "", 0],
  ["the planning function starts and reads without", "planner.mjs", start, "ZodError", 0],
  ["it would be caught at", "index.mjs", `${start} new Function("return 1");`, "ConfigError", evaluated],
])("%s making a function of text", (_, name, script, error, code) => {
  const argv = ["--input-type=module", "--eval", watch + script, join(outdir, name)];
  const { status, stdout } = spawnSync(process.execPath, argv, { env: { AWS_REGION: "us-east-1", PATH: "" } });
  expect(stdout.toString()).toContain(error);
  expect(status).toBe(code);
});
