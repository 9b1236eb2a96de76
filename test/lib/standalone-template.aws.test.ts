import { execFile, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { App } from "aws-cdk-lib";
import { afterAll, describe, expect, test } from "vitest";
import { AuditStack } from "../../lib/audit-stack.ts";
import { readSettings } from "../../lib/settings.ts";
import { frequencies, writeStandaloneTemplate } from "../../lib/standalone-template.ts";
import { startLocalAws } from "../../local-aws/server.ts";
import { resolveTemplate } from "../../local-aws/template.ts";

const folder = mkdtempSync(join(tmpdir(), "standalone-"));
afterAll(() => rmSync(folder, { recursive: true }));
writeStandaloneTemplate(folder, readSettings({}));
const template = JSON.parse(readFileSync(join(folder, "template.json"), "utf8"));

const place = { account: "111122223333", region: "eu-west-1", partition: "aws" };
type Place = Parameters<typeof resolveTemplate>[2];

/** The resources of a template for given parameters, without the location of the functions' code. */
function resourcesOf(json: unknown, values: Record<string, string>) {
  const { resources, outputs } = resolveTemplate(json, "EksKubeletAuditor", place as Place, values);
  const withoutCode = resources.map(({ properties: { Code: _, ...properties }, ...rest }) => ({ ...rest, properties }));
  const sorted = withoutCode.toSorted((one, other) => (one.logicalId < other.logicalId ? -1 : 1));
  return JSON.parse(JSON.stringify({ resources: sorted, outputs }), asCloudFormation);
}

/** Removes differences that CloudFormation ignores: a number as a string, and an empty list of actions. */
function asCloudFormation(key: string, value: unknown): unknown {
  if (key === "Threshold") return String(value);
  return /^(Alarm|OK)Actions$/.test(key) && Array.isArray(value) && value.length === 0 ? undefined : value;
}

function synthesized(context: Record<string, unknown>) {
  const app = new App({ analyticsReporting: false });
  const stack = new AuditStack(app, "EksKubeletAuditor", readSettings(context));
  const { directory } = app.synth();
  return JSON.parse(readFileSync(join(directory, stack.templateFile), "utf8"));
}

const topic = "arn:aws:sns:eu-west-1:111122223333:on-call";

test.each([
  ["the defaults", {}, { clusters: { include: ["*"] } }],
  ["another frequency", { Frequency: "hourly" }, { clusters: { include: ["*"] }, schedule: frequencies.hourly }],
  [
    "every parameter",
    {
      Frequency: "six-hourly",
      Clusters: "prod-*,test-?",
      CoverageThreshold: "75",
      AlarmTopicArn: topic,
      Report: "true",
    },
    {
      clusters: { include: ["prod-*", "test-?"] },
      schedule: frequencies["six-hourly"],
      coverageThreshold: 75,
      alarmTopicArn: topic,
      report: true,
    },
  ],
])("with %s the template equals the CDK's template with the same settings", (_, parameters, context) => {
  expect(resourcesOf(template, parameters)).toEqual(resourcesOf(synthesized(context), {}));
});

test("the template fits CloudFormation's limit for templates in S3", () => {
  /** Maximum bytes of a template in S3. Source: CloudFormation User Guide, "CloudFormation quotas". */
  const largestTemplate = 1_000_000;
  expect(readFileSync(join(folder, "template.json")).length).toBeLessThan(largestTemplate);
});

describe.skipIf(spawnSync("aws", ["--version"]).status !== 0)("the AWS CLI", async () => {
  const aws = await startLocalAws();
  afterAll(() => aws.close());
  const env = { PATH: process.env.PATH, AWS_PAGER: "", BUCKET: "artifacts-of-theirs", ...aws.environment() };
  const page = readFileSync("docs/deploy.md", "utf8");
  const inFolder = (command: string) =>
    promisify(execFile)("sh", ["-c", command.replaceAll("dist/cloudformation/", "")], { cwd: folder, env });

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
