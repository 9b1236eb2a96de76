import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { App } from "aws-cdk-lib";
import { afterAll, expect, test } from "vitest";
import { AuditStack } from "../../lib/audit-stack.ts";
import { readSettings } from "../../lib/settings.ts";
import { frequencies, writeStandaloneTemplate } from "../../lib/standalone-template.ts";
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

/** The template of the CDK, without bundled code, because `resourcesOf` omits it. */
function synthesized(context: Record<string, unknown>) {
  const app = new App({ context: { "aws:cdk:bundling-stacks": [] }, analyticsReporting: false });
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

test("the code of the function contains the exceptions and the own rules", () => {
  for (const name of ["exceptions.yaml", "rules.yaml"])
    expect(readFileSync(join(folder, "index", name), "utf8")).toBe(readFileSync(name, "utf8"));
});
