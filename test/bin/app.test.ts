import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect, test } from "vitest";

const app = fileURLToPath(new URL("../../bin/app.ts", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "cdk-app-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** Runs the app as `node bin/app.ts`: no CDK CLI, another working directory, no credentials, nothing else on PATH than Node and npm. */
function synthesize(out: string, context: Record<string, unknown>): Promise<{ code: number; stderr: string }> {
  const env = {
    PATH: process.env.PATH,
    HOME: folder,
    CDK_OUTDIR: join(folder, out),
    CDK_CONTEXT_JSON: JSON.stringify(context),
  };
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [app], { cwd: tmpdir(), env }, (_, __, stderr) =>
      resolve({ code: child.exitCode ?? -1, stderr }),
    );
  });
}

test("the app synthesizes the stack with its bundle, one ES module", async () => {
  expect(await synthesize("good", {})).toMatchObject({ code: 0 });
  const template = JSON.parse(readFileSync(join(folder, "good/EksKubeletAuditor.template.json"), "utf8"));
  const [lambda] = Object.values<{ Type: string; Properties: { Code: { S3Key: string } } }>(template.Resources).filter(
    ({ Type }) => Type === "AWS::Lambda::Function",
  );
  const asset = `asset.${lambda?.Properties.Code.S3Key.replace(".zip", "")}`;
  expect(existsSync(join(folder, "good", asset, "index.mjs"))).toBe(true);
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
