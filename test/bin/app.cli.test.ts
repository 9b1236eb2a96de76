import { execFile } from "node:child_process";
import { existsSync, lstatSync, mkdtempSync, readFileSync, readlinkSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { cdkOutOf } from "../kit/cdk-out.ts";

const app = fileURLToPath(new URL("../../bin/app.mjs", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "cdk-app-"));
afterAll(() => rmSync(folder, { recursive: true }));

/**
 * Runs `node bin/app.mjs` without the CDK CLI, in another working directory, without credentials in the environment.
 */
function synthesize(out: string, context: Record<string, unknown>) {
  return node([app], { CDK_OUTDIR: join(folder, out), CDK_CONTEXT_JSON: JSON.stringify(context) });
}

function node(argv: string[], environment: Record<string, string>) {
  const env = { PATH: process.env.PATH, HOME: folder, ...environment };
  return new Promise<{ code: number; stdout: string; stderr: string }>((resolve) => {
    const child = execFile(process.execPath, argv, { cwd: tmpdir(), env }, (_, stdout, stderr) =>
      resolve({ code: child.exitCode ?? -1, stdout, stderr }),
    );
  });
}

describe("the app synthesizes the stack with its bundle", () => {
  let [bundle, name, text] = ["", "", ""];

  beforeAll(async () => {
    const cdkOut = await cdkOutOf("sample");
    const template = JSON.parse(readFileSync(join(cdkOut, "EksKubeletAuditor.template.json"), "utf8"));
    const resources = Object.values<{ Type: string; Properties: { Handler: string; Code: { S3Key: string } } }>(
      template.Resources,
    );
    const { Handler, Code } =
      resources.find(({ Type }) => Type === "AWS::Lambda::Function")?.Properties ?? expect.fail();
    const [file, exported = ""] = Handler.split(".");
    bundle = join(cdkOut, `asset.${Code.S3Key.replace(".zip", "")}`, `${file}.mjs`);
    name = exported;
    text = readFileSync(bundle, "utf8");
  });

  test("the bundle is one ES module with the template's handler, and loads where code generation from strings is disallowed", async () => {
    expect(existsSync(join(dirname(bundle), "exceptions.yaml"))).toBe(true);
    const load = `console.log(typeof (await import(${JSON.stringify(bundle)})).${name})`;
    const flags = ["--disallow-code-generation-from-strings", "--input-type=module", "--eval", load];
    expect(await node(flags, { AWS_REGION: "eu-central-1" })).toMatchObject({ stderr: "", stdout: "function\n" });
  });

  test("the bundle imports Node.js modules for files, computing, its judging thread and HTTP, but none that starts a process", () => {
    const modules = [...text.matchAll(/"node:([\w/]+)"/g)].map(([, module]) => module);
    expect([...new Set(modules)].sort()).toEqual([
      "async_hooks",
      "console",
      "crypto",
      "fs",
      "fs/promises",
      "http",
      "https",
      "module",
      "os",
      "path",
      "process",
      "stream",
      "timers/promises",
      "worker_threads",
      "zlib",
    ]);
    expect(text).not.toMatch(/child_process|execFile|spawn\(/);
  });

  test("the bundle contains no translations of zod's messages", () => {
    expect(text).not.toContain("Input non valido");
  });
});

test("an invalid setting ends the app with one message, without a stack trace and without a template", async () => {
  const { code, stderr } = await synthesize("bad", { shedule: "rate(1 hour)", tags: "team" });
  expect(code).toBe(1);
  expect(stderr.trimEnd().split("\n")).toEqual([
    "The CDK context (cdk.json or -c name=value) cannot be used:",
    '  "shedule" is not a setting; did you mean "schedule"?',
    expect.stringContaining('"tags" is "team"'),
  ]);
  expect(existsSync(join(folder, "bad/EksKubeletAuditor.template.json"))).toBe(false);
});

test("a Node.js that cannot load TypeScript prints the required version, under both names of the app", async () => {
  const link = app.replace(/\.mjs$/, ".ts");
  const isLink = lstatSync(link).isSymbolicLink();
  // git without symbolic links writes the target into an ordinary file.
  expect(isLink ? readlinkSync(link) : readFileSync(link, "utf8")).toBe("app.mjs");
  for (const file of isLink ? [app, link] : [app]) {
    const { code, stderr } = await node(["--no-strip-types", file], {});
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining("needs Node.js 22.18 or newer") });
    expect(stderr).toContain('Run "npx cdk deploy"');
    expect(stderr).not.toMatch(/ {4}at /);
  }
});
