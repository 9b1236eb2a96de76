import { execFile, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, describe, expect, test } from "vitest";
import { readSettings } from "../../lib/settings.ts";
import { writeStandaloneTemplate } from "../../lib/standalone-template.ts";
import { startLocalAws } from "../../local-aws/server.ts";

describe.skipIf(spawnSync("aws", ["--version"]).status !== 0)("the AWS CLI", async () => {
  const folder = mkdtempSync(join(tmpdir(), "standalone-"));
  const aws = await startLocalAws();
  afterAll(async () => {
    await aws.close();
    rmSync(folder, { recursive: true });
  });
  writeStandaloneTemplate(folder, readSettings({}));
  const env = { PATH: process.env.PATH, AWS_PAGER: "", BUCKET: "artifacts-of-theirs", ...aws.environment() };
  const page = readFileSync("docs/deploy.md", "utf8");
  const inFolder = (command: string) =>
    promisify(execFile)("sh", ["-c", command.replaceAll("out/cloudformation/", "")], { cwd: folder, env });

  test("packages and deploys the template with the commands of docs/deploy.md", async () => {
    await inFolder('aws s3api create-bucket --bucket "$BUCKET"');
    const commands = page.match(/^aws cloudformation (package|deploy) .+$/gm) ?? [];
    expect(commands).toHaveLength(2);
    for (const command of commands) await inFolder(command);
    const { stdout } = await inFolder("aws cloudformation describe-stacks --stack-name EksKubeletAuditor");
    expect(JSON.parse(stdout).Stacks[0].Outputs).toContainEqual(
      expect.objectContaining({ OutputKey: "FunctionName", OutputValue: expect.stringContaining("AuditFunction") }),
    );
  });

  test("rejects an invalid value of a parameter", async () => {
    const deploy =
      "aws cloudformation deploy --template-file packaged.yaml --s3-bucket artifacts-of-theirs --stack-name Other --capabilities CAPABILITY_IAM";
    const deployed = inFolder(`${deploy} --parameter-overrides Frequency=yearly`);
    await expect(deployed).rejects.toThrow(/Frequency/);
  });
});
