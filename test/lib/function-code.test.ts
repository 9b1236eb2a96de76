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

const { metafile } = buildSync({ ...bundling, outdir, metafile: true });
const imports = Object.values(metafile.outputs).flatMap((output) => output.imports);
const file = join(outdir, "index.mjs");

test("the function is one file, which imports nothing but Node.js itself", () => {
  const others = imports.filter(({ path }) => !isBuiltin(path));
  // What is left out is named only where Lambda's own credentials are missing.
  expect(others.map(({ path }) => path).sort()).toEqual([...bundling.external].sort());
  expect(new Set(others.map(({ kind }) => kind))).toEqual(new Set(["dynamic-import"]));
});

test("nothing in it can start a process, a thread or a server, or run text as code by another name", () => {
  const doors = /^(node:)?(child_process|cluster|worker_threads|vm|inspector|repl|wasi|net|dgram|http2|module)\b/;
  expect(imports.filter(({ path }) => doors.test(path))).toEqual([]);
  const text = readFileSync(file, "utf8");
  expect(text).not.toMatch(/child_process|worker_threads|\beval\s*\(|\bnew Function\b|process\.(binding|dlopen)/);
});

/** Ends the process with this code where text is made a function of. */
const evaluated = 99;
const watch = `
  const end = () => process.exit(${evaluated});
  globalThis.Function = new Proxy(Function, { construct: end, apply: end });
  globalThis.eval = end;`;
/** Reads its settings, of which one is wrong, and says so. */
const start = `
  const { handler } = await import(process.argv[1]);
  const context = { invokedFunctionArn: "arn:aws:lambda:us-east-1:111122223333:function:f" };
  await handler({}, context).catch(({ name }) => console.log(name));`;

test.each([
  ["starts and reads its settings without", start, 0],
  ["would be caught at", `${start} new Function("return 1");`, evaluated],
])("it %s making a function of text", (_, script, code) => {
  const argv = ["--input-type=module", "--eval", watch + script, file];
  const { status, stdout } = spawnSync(process.execPath, argv, { env: { AWS_REGION: "us-east-1", PATH: "" } });
  expect(stdout.toString()).toContain("ConfigError");
  expect(status).toBe(code);
});
