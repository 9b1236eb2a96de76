import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { commandsOf, pages } from "./pages.ts";

const nowhere = {
  FunctionName: "function",
  LogGroupName: "log-group",
  StateMachine: "arn:aws:states:us-east-1:111122223333:stateMachine:fleet",
  Execution: "arn:aws:states:us-east-1:111122223333:execution:fleet:one",
  Report: "s3://ledgers/reports/latest.html",
  AWS_ACCESS_KEY_ID: "AKIAIOSFODNN7EXAMPLE",
  AWS_SECRET_ACCESS_KEY: "none",
  AWS_REGION: "us-east-1",
  AWS_DEFAULT_REGION: "us-east-1",
  AWS_MAX_ATTEMPTS: "1",
};

// standalone-template.long.test.ts runs the commands of CloudFormation.
const commands = pages.flatMap((page) =>
  commandsOf(page)
    .filter((command) => command.startsWith("aws ") && !command.startsWith("aws cloudformation "))
    .map((command) => [page.path, command] as const),
);

const installed = spawnSync("aws", ["--version"]).status === 0;
describe.skipIf(!installed)("the AWS CLI", () => {
  const cwd = mkdtempSync(join(tmpdir(), "commands-"));
  // docs/security-hub.md has the reader save this file first.
  writeFileSync(join(cwd, "rule.json"), "{}");
  afterAll(() => rmSync(cwd, { recursive: true }));

  test.each(commands)("%s: %s has arguments that the CLI accepts", (_, command) => {
    const env = { ...process.env, ...nowhere };
    const run = spawnSync("sh", ["-c", `${command} --endpoint-url http://127.0.0.1:9`], { cwd, env, encoding: "utf8" });
    expect(run.stderr).toMatch(/Could not connect/);
  });
});
