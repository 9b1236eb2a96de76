import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect, test } from "vitest";

const app = fileURLToPath(new URL("../../bin/app.ts", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "cdk-app-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** Runs the app as `node bin/app.ts`: no CDK CLI, another working directory, no credentials in the environment. */
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

test("the app synthesizes the stack with its bundle: one ES module with the handler that the template names", async () => {
  expect(await synthesize("good", {})).toMatchObject({ code: 0 });
  const template = JSON.parse(readFileSync(join(folder, "good/EksKubeletAuditor.template.json"), "utf8"));
  const resources = Object.values<{ Type: string; Properties: { Handler: string; Code: { S3Key: string } } }>(
    template.Resources,
  );
  const { Handler, Code } = resources.find(({ Type }) => Type === "AWS::Lambda::Function")?.Properties ?? expect.fail();
  const [file, name] = Handler.split(".");
  const bundle = join(folder, "good", `asset.${Code.S3Key.replace(".zip", "")}`, `${file}.mjs`);
  expect(existsSync(join(dirname(bundle), "exceptions.yaml"))).toBe(true);
  const load = `console.log(typeof (await import(${JSON.stringify(bundle)})).${name})`;
  expect(await node(["--input-type=module", "--eval", load], { AWS_REGION: "eu-central-1" })).toMatchObject({
    stderr: "",
    stdout: "function\n",
  });
});

test("a wrong setting ends the app with one message, without a stack trace and without a template", async () => {
  const { code, stderr } = await synthesize("bad", { shedule: "rate(1 hour)", tags: "team" });
  expect(code).toBe(1);
  expect(stderr.trimEnd().split("\n")).toEqual([
    "The CDK context (cdk.json or -c name=value) cannot be used:",
    '  "shedule" is not a setting; did you mean "schedule"?',
    expect.stringContaining('"tags" is "team"'),
  ]);
  expect(existsSync(join(folder, "bad/EksKubeletAuditor.template.json"))).toBe(false);
});
