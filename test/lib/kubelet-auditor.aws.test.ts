import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { App, Duration, Stack, TimeZone } from "aws-cdk-lib";
import { Match, Template } from "aws-cdk-lib/assertions";
import { Alarm } from "aws-cdk-lib/aws-cloudwatch";
import { Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import { ScheduleExpression } from "aws-cdk-lib/aws-scheduler";
import { AwsSolutionsChecks } from "cdk-nag";
import { afterAll, describe, expect, test } from "vitest";
import { KubeletAuditor, type KubeletAuditorProps } from "../../lib/kubelet-auditor.ts";

const folder = mkdtempSync(join(tmpdir(), "auditor-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** A stack in a customer's app, without bundling. Bundling takes seconds, and test/bin covers it. */
function stackIn(app: App, id: string, region = "eu-central-1") {
  return new Stack(app, id, { env: { account: "111122223333", region } });
}
function appOf(context: Record<string, unknown> = {}) {
  return new App({ context: { "aws:cdk:bundling-stacks": [], ...context }, analyticsReporting: false });
}
function auditorWith(props?: KubeletAuditorProps) {
  const stack = stackIn(appOf(), "Platform");
  return { stack, auditor: new KubeletAuditor(stack, "Auditor", props) };
}

const variables = (template: Template) =>
  Object.values(template.findResources("AWS::Lambda::Function"))[0]?.Properties.Environment.Variables;

test("two auditors in one app have separate exceptions and rules", () => {
  const app = new App({ outdir: join(folder, "cdk.out"), analyticsReporting: false });
  const given = { prod: "[] # prod's", lab: "[] # lab's" };
  for (const [name, text] of Object.entries(given)) {
    const exceptionsFile = join(folder, `${name}.yaml`);
    const rulesFile = join(folder, `${name}-rules.yaml`);
    for (const file of [exceptionsFile, rulesFile]) writeFileSync(file, text);
    new KubeletAuditor(stackIn(app, name), "Auditor", { exceptionsFile, rulesFile });
  }
  const { directory, stacks } = app.synth();
  const deployed = stacks.map(({ stackName, template }) => {
    const [code] = Object.values(Template.fromJSON(template).findResources("AWS::Lambda::Function"));
    const [hash] = String(code?.Properties.Code.S3Key).split(".");
    const files = ["exceptions.yaml", "rules.yaml"].map((file) =>
      readFileSync(join(directory, `asset.${hash}`, file), "utf8"),
    );
    return [stackName, files];
  });
  expect(Object.fromEntries(deployed)).toEqual({ prod: [given.prod, given.prod], lab: [given.lab, given.lab] });
});

describe("without properties", () => {
  const { stack } = auditorWith();
  const template = Template.fromStack(stack);

  test("the function audits every cluster once a day, without exceptions", () => {
    template.hasResourceProperties("AWS::Scheduler::Schedule", { ScheduleExpression: "rate(1 day)" });
    expect(Object.keys(variables(template))).toEqual([
      "DOCUMENT_NAME",
      "DOCUMENT_SHA256",
      "LEDGER_BUCKET",
      "QUEUE_URL",
    ]);
  });

  test("cdk-nag finds nothing in a customer's stack", () => {
    expect(new AwsSolutionsChecks().validateScope(stack).violations).toEqual([]);
  });
});

describe("with properties", () => {
  const exceptionsFile = join(folder, "good.yaml");
  writeFileSync(
    exceptionsFile,
    "- { rule: event-qps, scope: { cluster: a }, reason: Bursts are wanted, until: 2027-03-31 }",
  );
  const { stack } = auditorWith({
    schedule: ScheduleExpression.cron({ hour: "6", minute: "0", timeZone: TimeZone.EUROPE_BERLIN }),
    clusters: { include: ["prod-*"] },
    rules: { "event-qps": "off" },
    benchmarkVersion: "1.8.0",
    selfManagedClusters: ["batch"],
    hybrid: true,
    exceptionsFile,
  });
  const template = Template.fromStack(stack);

  test("the schedule has the given expression and time zone", () => {
    template.hasResourceProperties("AWS::Scheduler::Schedule", {
      ScheduleExpression: "cron(0 6 * * ? *)",
      ScheduleExpressionTimezone: "Europe/Berlin",
    });
  });

  test("the function's environment contains the properties", () => {
    expect(variables(template)).toMatchObject({
      CLUSTERS: '{"include":["prod-*"]}',
      RULES: '{"event-qps":"off"}',
      BENCHMARK_VERSION: "1.8.0",
      HYBRID: "true",
      EXCEPTIONS_FILE: "exceptions.yaml",
    });
  });
});

const misspeltRules = join(folder, "misspelt.yaml");
writeFileSync(
  misspeltRules,
  "- id: pods\n  title: t\n  severity: LOW\n  passes: kubelet.maxPod <= 58\n  remediation: r\n",
);

describe("an invalid property fails the synthesis, with its name in the error", () => {
  test.each<[string, KubeletAuditorProps, string[]]>([
    [
      "an unknown rule",
      // @ts-expect-error: the type contains the rule ids
      { rules: { "event-qqs": "off" } },
      ["Platform/Auditor", '"rules"', "event-qps?"],
    ],
    ["a one-time schedule", { schedule: ScheduleExpression.at(new Date(0)) }, ['"schedule"', "rate(N hours)"]],
    ["an invalid name of a cluster", { selfManagedClusters: ["a/b"] }, ['"selfManagedClusters"', "a/b"]],
    ["an unknown benchmark", { benchmarkVersion: "9.9" }, ['"benchmarkVersion"', "1.8.0"]],
    [
      "a missing exceptions file",
      { exceptionsFile: join(folder, "none.yaml") },
      ["none.yaml cannot be used", "There is no file"],
    ],
    [
      "a rules file with an unknown field",
      { rulesFile: misspeltRules },
      ["line 4, rule 1 (pods), passes", 'kubelet has no field "maxPod"; did you mean kubelet.maxPods?'],
    ],
    ["the letter of the STIG without the STIG", { stigByLetter: true }, ['"benchmarks" does not contain "stig"']],
  ])("%s", (_, props, parts) => {
    for (const part of parts) expect(() => auditorWith(props)).toThrow(part);
  });

  // A JavaScript app can pass these properties. The TypeScript compiler rejects each of them.
  test.each<[string, object, string[]]>([
    [
      "a misspelt property",
      { shedule: 1 },
      ["Platform/Auditor", '"shedule" is not a property; did you mean "schedule"?'],
    ],
    ["a setting that has another name", { alarmTopicArn: "arn" }, ['did you mean "alarmTopic"?']],
    [
      "a property that resembles none",
      { zzz: undefined },
      ['"zzz" is not a property; the properties are schedule, clus'],
    ],
    ["a schedule as text", { schedule: "rate(1 day)" }, ['"schedule"', "ScheduleExpression.rate(Duration.hours(6))"]],
    ["a delay as a number", { newNodeDelay: 5 }, ['"newNodeDelay"', "Duration.minutes(10)"]],
    ["a topic as an ARN", { alarmTopic: "arn:aws:sns:eu-central-1:111122223333:a" }, ['"alarmTopic"', "new Topic("]],
    ["a path that is not text", { exceptionsFile: new URL("file:///a.yaml") }, ['"exceptionsFile"', ".yaml"]],
    ["every wrong property", { shedule: 1, newNodeDelay: 5 }, ["shedule", "newNodeDelay"]],
  ])("%s in JavaScript", (_, props, parts) => {
    for (const part of parts) expect(() => auditorWith(props)).toThrow(part);
  });

  test("an exception with a scope that exceptionScopes does not list", () => {
    const exceptionsFile = join(folder, "scoped.yaml");
    writeFileSync(exceptionsFile, "- { rule: event-qps, scope: { nodeGroup: batch }, reason: r, until: 2027-03-31 }");
    expect(() => auditorWith({ exceptionsFile, exceptionScopes: ["cluster", "instance"] })).toThrow(
      'nodeGroup: the setting "exceptionScopes" does not allow it; use only cluster, instance',
    );
  });

  test("an invalid exception", () => {
    const exceptionsFile = join(folder, "bad.yaml");
    writeFileSync(exceptionsFile, "- { rule: event-qqs, scope: {}, reason: none, until: 2027-03-31 }");
    expect(() => auditorWith({ exceptionsFile })).toThrow(
      new RegExp(`^${exceptionsFile} cannot be used:.*did you mean event-qps\\?`, "s"),
    );
  });
});

test("stacks in two Regions share nothing and ignore the app's context", () => {
  const app = appOf({ schedule: "whenever", tags: "none of ours" });
  const stacks = ["eu-central-1", "us-gov-west-1"].map((region) => stackIn(app, `Platform-${region}`, region));
  for (const stack of stacks)
    new KubeletAuditor(stack, "Auditor", { schedule: ScheduleExpression.rate(Duration.hours(6)) });
  for (const template of stacks.map((stack) => Template.fromStack(stack))) {
    template.resourceCountIs("AWS::S3::Bucket", 1);
    template.hasResourceProperties("AWS::Scheduler::Schedule", { ScheduleExpression: "rate(6 hours)" });
    expect(JSON.stringify(template.toJSON())).not.toContain("Fn::ImportValue");
  }
});

test("other constructs can refer to the auditor's resources", () => {
  const { stack, auditor } = auditorWith();
  const role = new Role(stack, "OnCall", { assumedBy: new ServicePrincipal("ec2.amazonaws.com") });
  auditor.function.grantInvoke(role);
  auditor.logGroup.grantRead(role);
  auditor.bucket.grantRead(role);
  new Alarm(stack, "Slow", {
    metric: auditor.function.metricDuration(),
    threshold: 600_000,
    evaluationPeriods: 1,
  });
  const template = Template.fromStack(stack);
  const [document] = Object.keys(template.findResources("AWS::SSM::Document"));
  expect(stack.resolve(auditor.document.ref)).toEqual({ Ref: document });
  template.hasResourceProperties("AWS::IAM::Policy", {
    Roles: [{ Ref: stack.getLogicalId(role.node.defaultChild as never) }],
    PolicyDocument: { Statement: Match.arrayWith([Match.objectLike({ Action: "lambda:InvokeFunction" })]) },
  });
  const [queue] = Object.keys(template.findResources("AWS::SQS::Queue")).filter((id) => id.includes("Undelivered"));
  expect(stack.resolve(auditor.deadLetterQueue.queueArn)).toEqual({ "Fn::GetAtt": [queue, "Arn"] });
});
