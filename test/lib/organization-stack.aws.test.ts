import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { App } from "aws-cdk-lib";
import { Match, Template } from "aws-cdk-lib/assertions";
import { AwsSolutionsChecks } from "cdk-nag";
import { describe, expect, test, vi } from "vitest";
import { machineDefinition } from "../../lib/machine-definition.ts";
import { settings } from "./example-settings.ts";
import { fleetStackWith } from "./stack-with.ts";

const template = Template.fromStack(fleetStackWith());

describe("the state machine", () => {
  const arn = (name: string) => `arn:aws:lambda:us-east-1:999988887777:function:${name}`;
  const definition = machineDefinition({ plan: arn("plan"), audit: arn("audit") });
  const { AuditTargets, ListTargets, Summarize } = definition.States;
  const { AuditParts, PlanParts } = AuditTargets.ItemProcessor.States;
  const { Audit } = AuditParts.ItemProcessor.States;

  test("is valid Amazon States Language", async () => {
    const validator = fileURLToPath(new URL("../../node_modules/.bin/asl-validator", import.meta.url));
    await promisify(execFile)(validator, ["--json-definition", JSON.stringify(definition)]);
    const broken = JSON.stringify({ ...definition, StartAt: "Nowhere" });
    await expect(promisify(execFile)(validator, ["--json-definition", broken])).rejects.toThrow("Nowhere");
  });

  test("audits each account-Region in a child execution, 100 at a time, and tolerates failures", () => {
    expect(AuditTargets).toMatchObject({ Type: "Map", MaxConcurrency: 100, ToleratedFailurePercentage: 100 });
    expect(AuditTargets.ItemProcessor.ProcessorConfig).toEqual({ Mode: "DISTRIBUTED", ExecutionType: "STANDARD" });
  });

  test("runs one function at a time in an account-Region, because its runs share AWS's request rates", () => {
    expect(AuditParts).toMatchObject({ Type: "Map", MaxConcurrency: 1 });
    expect(AuditParts.ItemProcessor.ProcessorConfig).toEqual({ Mode: "INLINE" });
  });

  test("retries a failed task twice, a throttled one 20 times, then records the failure and continues", () => {
    for (const { Retry } of [ListTargets, PlanParts, Audit]) {
      expect(Retry).toMatchObject([
        { ErrorEquals: ["Lambda.TooManyRequestsException"], MaxAttempts: 20, JitterStrategy: "FULL" },
        { ErrorEquals: ["States.ALL"], MaxAttempts: 2, JitterStrategy: "FULL" },
      ]);
    }
    expect(PlanParts.Catch).toEqual([{ ErrorEquals: ["States.ALL"], ResultPath: "$.trouble", Next: "TargetFailed" }]);
    expect(Audit.Catch).toEqual([{ ErrorEquals: ["States.ALL"], ResultPath: "$.trouble", Next: "PartFailed" }]);
  });

  test("does not retry the step Summarize if its summary reports failures", () => {
    expect(Summarize.Retry.map(({ ErrorEquals }) => ErrorEquals)).toEqual([["Lambda.TooManyRequestsException"]]);
  });

  test("is deployed by the stack and started by the schedule", () => {
    const [machine] = Object.keys(template.findResources("AWS::StepFunctions::StateMachine"));
    template.hasResourceProperties("AWS::StepFunctions::StateMachine", { StateMachineType: "STANDARD" });
    template.hasResourceProperties("AWS::Scheduler::Schedule", {
      ScheduleExpression: "cron(0 6 * * ? *)",
      Target: { Arn: { "Fn::GetAtt": [machine, "Arn"] } },
    });
  });
});

describe("the members", () => {
  const rollout = (of: Template) => Object.values(of.findResources("AWS::CloudFormation::StackSet"))[0]?.Properties;

  test("get their stack from a service-managed StackSet, including accounts that join later", () => {
    expect(rollout(template)).toMatchObject({
      PermissionModel: "SERVICE_MANAGED",
      CallAs: "DELEGATED_ADMIN",
      AutoDeployment: { Enabled: true, RetainStacksOnAccountRemoval: false },
      Capabilities: ["CAPABILITY_NAMED_IAM"],
      OperationPreferences: { FailureTolerancePercentage: 100 },
      StackInstancesGroup: [
        { DeploymentTargets: { OrganizationalUnitIds: ["ou-ab12-cd34ef56"] }, Regions: ["eu-central-1", "us-east-1"] },
      ],
    });
    expect(rollout(Template.fromStack(fleetStackWith({ hub: "management account" })))).toMatchObject({
      CallAs: "SELF",
    });
  });

  test("get the hub's data as parameters, and the hub's outputs have the same names", () => {
    const parameters = rollout(template)?.Parameters.map(({ ParameterKey }: { ParameterKey: string }) => ParameterKey);
    expect(parameters).toEqual(["HubAccount", "HubRoles", "OrganizationId", "ExternalId", "Regions", "EventBus"]);
    expect(Object.keys(template.findOutputs("*")).slice(0, 6)).toEqual(parameters);
  });

  test("get a new document before the hub's function is updated", () => {
    const [stackSet] = Object.keys(template.findResources("AWS::CloudFormation::StackSet"));
    template.hasResource("AWS::Lambda::Function", {
      Properties: { Handler: "index.handler" },
      DependsOn: Match.arrayWith([stackSet]),
    });
  });

  test("get no StackSet if the settings list accounts, and the stack grants no permission to read the organization", () => {
    const byHand = Template.fromStack(fleetStackWith({ members: { accounts: ["111122223333"] } }));
    byHand.resourceCountIs("AWS::CloudFormation::StackSet", 0);
    expect(JSON.stringify(byHand.toJSON())).not.toContain("organizations:");
    byHand.hasResourceProperties("AWS::Lambda::Function", {
      Environment: { Variables: { ACCOUNTS: '["111122223333"]', REGIONS: '["eu-central-1","us-east-1"]' } },
    });
  });
});

describe("the alarms", () => {
  const [machine] = Object.keys(template.findResources("AWS::StepFunctions::StateMachine"));
  const ofMachine = { Namespace: "AWS/States", Dimensions: [{ Name: "StateMachineArn", Value: { Ref: machine } }] };

  test("notify the topic if an execution failed, was not started, or is missing for more than a day", () => {
    const alarms = Object.values(template.findResources("AWS::CloudWatch::Alarm")).map(({ Properties }) => Properties);
    for (const alarm of alarms) expect(alarm.AlarmActions).toEqual([settings.alarmTopicArn]);
    expect(alarms).toMatchObject([
      {
        MetricName: "ExecutionsStarted",
        Namespace: ofMachine.Namespace,
        Period: 3600,
        Threshold: 1,
        ComparisonOperator: "LessThanThreshold",
        TreatMissingData: "breaching",
      },
      { Metrics: expect.anything(), Threshold: 0, ComparisonOperator: "GreaterThanThreshold" },
      { MetricName: "ApproximateNumberOfMessagesVisible", Threshold: 0 },
      { MetricName: "ApproximateNumberOfMessagesVisible", Threshold: 0 },
      { MetricName: "ApproximateAgeOfOldestMessage", Threshold: 3600 },
    ]);
    const watched = alarms[1]?.Metrics.flatMap(({ MetricStat }: { MetricStat?: { Metric: { MetricName: string } } }) =>
      MetricStat ? [MetricStat.Metric.MetricName] : [],
    );
    expect(watched).toEqual(["ExecutionsFailed", "ExecutionsTimedOut", "ExecutionsAborted"]);
    expect(alarms[0]?.EvaluationPeriods).toBeGreaterThan(24);
  });
});

test("the functions can assume one role, only in accounts of the organization", () => {
  const statement = {
    Action: "sts:AssumeRole",
    Resource: { "Fn::Join": ["", ["arn:", { Ref: "AWS::Partition" }, ":iam::*:role/EksKubeletAuditorMember"]] },
    Condition: { StringEquals: { "aws:ResourceOrgID": "o-a1b2c3d4e5" } },
  };
  const policies = Object.values(template.findResources("AWS::IAM::Policy")).map(({ Properties }) =>
    JSON.stringify(Properties),
  );
  expect(policies.filter((policy) => policy.includes("sts:AssumeRole"))).toHaveLength(2);
  template.resourcePropertiesCountIs(
    "AWS::IAM::Policy",
    { PolicyDocument: { Statement: Match.arrayWith([Match.objectLike(statement)]) } },
    2,
  );
});

test("cdk-nag's AWS Solutions checks find nothing", () => {
  // cdk-nag reads a deprecated property of the event bus. bin/cdk/app.ts omits the warning, too.
  vi.stubEnv("JSII_DEPRECATED", "quiet");
  expect(new AwsSolutionsChecks().validateScope(fleetStackWith()).violations).toEqual([]);
  expect(
    new AwsSolutionsChecks().validateScope(fleetStackWith({ members: { accounts: ["111122223333"] } })).violations,
  ).toEqual([]);
  vi.unstubAllEnvs();
});

test.each(["us-gov-west-1", "cn-north-1"])("in %s no ARN names a partition", (region) => {
  const partition = region.startsWith("cn-") ? "aws-cn" : "aws-us-gov";
  const alarmTopicArn = `arn:${partition}:sns:${region}:111122223333:on-call`;
  const stack = fleetStackWith({}, { env: { account: "111122223333", region } }, { alarmTopicArn });
  expect(JSON.stringify(Template.fromStack(stack).toJSON()).replaceAll(alarmTopicArn, "")).not.toMatch(/arn:aws/);
});

test("all resources that support tags have the tags", () => {
  const types = [
    "CloudFormation::StackSet",
    "IAM::Role",
    "Lambda::Function",
    "Logs::LogGroup",
    "S3::Bucket",
    "SQS::Queue",
  ];
  for (const type of [...types, "StepFunctions::StateMachine"].map((each) => `AWS::${each}`))
    template.allResourcesProperties(type, { Tags: Match.arrayWith([{ Key: "team", Value: "platform" }]) });
});

test.each([
  ["organizational units", {}],
  ["accounts", { members: { accounts: ["111122223333"] } }],
])("the synthesis writes a member's template and the hub's, if the settings list members as %s", (_, fleet) => {
  const { outdir } = fleetStackWith(fleet).node.root as App;
  const member = JSON.parse(readFileSync(`${outdir}/member/EksKubeletAuditorMember.template.json`, "utf8"));
  expect(Object.keys(member.Parameters)).toEqual([
    "HubAccount",
    "HubRoles",
    "OrganizationId",
    "ExternalId",
    "Regions",
    "EventBus",
  ]);
});
