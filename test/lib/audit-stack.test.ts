import { readFileSync } from "node:fs";
import { App, type StackProps } from "aws-cdk-lib";
import { Match, Template } from "aws-cdk-lib/assertions";
import { Queue } from "aws-cdk-lib/aws-sqs";
import { AwsSolutionsChecks } from "cdk-nag";
import { describe, expect, test } from "vitest";
import { AuditStack } from "../../lib/audit-stack.ts";
import type { Settings } from "../../lib/settings.ts";

const settings: Settings = {
  schedule: { expression: "cron(0 6 * * ? *)", timezone: "Europe/Berlin" },
  clusters: { include: ["prod-*"] },
  tags: { team: "platform" },
  rules: { "event-qps": "off" },
  benchmarkVersion: "1.8.0",
  selfManagedClusters: ["batch", "legacy"],
};
const defaults: Settings = {
  schedule: { expression: "rate(1 day)", timezone: "Etc/UTC" },
  tags: {},
  selfManagedClusters: [],
};

/** Everything but the bundle, which takes seconds and is proven by bin/app.test.ts. */
function stackWith(settings: Settings, props: StackProps = {}) {
  const app = new App({ context: { "aws:cdk:bundling-stacks": [] }, analyticsReporting: false });
  return new AuditStack(app, "Test", settings, props);
}

const template = Template.fromStack(stackWith(settings));
const plain = Template.fromStack(stackWith(defaults));

describe("the schedule", () => {
  test("runs as the setting says, within a flexible window, and tries two more times for an hour", () => {
    template.hasResourceProperties("AWS::Scheduler::Schedule", {
      ScheduleExpression: "cron(0 6 * * ? *)",
      ScheduleExpressionTimezone: "Europe/Berlin",
      State: "ENABLED",
      FlexibleTimeWindow: { Mode: "FLEXIBLE", MaximumWindowInMinutes: 15 },
      Target: { RetryPolicy: { MaximumRetryAttempts: 2, MaximumEventAgeInSeconds: 3600 } },
    });
  });

  test("leaves what it could not deliver in an encrypted queue that is spoken to over TLS only", () => {
    const [queue] = Object.keys(template.findResources("AWS::SQS::Queue"));
    template.hasResourceProperties("AWS::SQS::Queue", {
      SqsManagedSseEnabled: true,
      MessageRetentionPeriod: 1_209_600,
    });
    template.hasResourceProperties("AWS::Scheduler::Schedule", {
      Target: { DeadLetterConfig: { Arn: { "Fn::GetAtt": [queue, "Arn"] } } },
    });
    template.hasResourceProperties("AWS::SQS::QueuePolicy", {
      PolicyDocument: {
        Statement: [Match.objectLike({ Effect: "Deny", Condition: { Bool: { "aws:SecureTransport": "false" } } })],
      },
    });
  });
});

describe("the function", () => {
  test("is one ARM function on Node 24 with a quarter of an hour, and reserves no concurrency", () => {
    template.resourceCountIs("AWS::Lambda::Function", 1);
    template.hasResourceProperties("AWS::Lambda::Function", {
      Runtime: "nodejs24.x",
      Architectures: ["arm64"],
      Handler: "index.handler",
      Timeout: 900,
      ReservedConcurrentExecutions: Match.absent(),
    });
  });

  test("is told the document and the settings", () => {
    const [document] = Object.keys(template.findResources("AWS::SSM::Document"));
    template.hasResourceProperties("AWS::Lambda::Function", {
      Environment: {
        Variables: {
          DOCUMENT_NAME: { Ref: document },
          CLUSTERS: '{"include":["prod-*"]}',
          RULES: '{"event-qps":"off"}',
          BENCHMARK_VERSION: "1.8.0",
        },
      },
    });
  });

  test("is told only the document where nothing is set", () => {
    const [lambda] = Object.values(plain.findResources("AWS::Lambda::Function"));
    expect(Object.keys(lambda?.Properties.Environment.Variables)).toEqual(["DOCUMENT_NAME"]);
  });

  test("is not retried by Lambda", () => {
    template.hasResourceProperties("AWS::Lambda::EventInvokeConfig", {
      Qualifier: "$LATEST",
      MaximumRetryAttempts: 0,
      MaximumEventAgeInSeconds: 3600,
    });
  });

  test("writes to a log group of its own, kept for 90 days and gone with the stack", () => {
    const [log] = Object.keys(template.findResources("AWS::Logs::LogGroup"));
    template.hasResource("AWS::Logs::LogGroup", { Properties: { RetentionInDays: 90 }, DeletionPolicy: "Delete" });
    template.hasResourceProperties("AWS::Lambda::Function", { LoggingConfig: { LogGroup: { Ref: log } } });
  });

  test("logs JSON where the partition has it", () => {
    const [[condition, equals] = []] = Object.entries(template.findConditions("*"));
    expect(equals).toEqual({ "Fn::Equals": [{ Ref: "AWS::Partition" }, "aws"] });
    template.hasResourceProperties("AWS::Lambda::Function", {
      LoggingConfig: { LogFormat: { "Fn::If": [condition, "JSON", "Text"] } },
    });
  });
});

describe("the document", () => {
  const [document] = Object.values(template.findResources("AWS::SSM::Document"));

  test("holds collect.sh word for word, for Linux, with 30 seconds and no parameters", () => {
    const script = readFileSync(new URL("../../lib/collect/collect.sh", import.meta.url), "utf8");
    expect(document?.Properties.Content).toEqual({
      schemaVersion: "2.2",
      description: expect.any(String),
      mainSteps: [
        {
          name: "collect",
          action: "aws:runShellScript",
          precondition: { StringEquals: ["platformType", "Linux"] },
          inputs: { timeoutSeconds: "30", runCommand: [script] },
        },
      ],
    });
  });

  test("gets new versions under the name it has", () => {
    expect(document?.Properties).toMatchObject({
      DocumentType: "Command",
      DocumentFormat: "JSON",
      UpdateMethod: "NewVersion",
    });
  });
});

/** An ARN as a person writes it: `<Ref>` and `<Resource.Attribute>` for what CloudFormation fills in. */
function text(value: unknown): string {
  if (typeof value === "string") return value;
  const { Ref, "Fn::Join": join, "Fn::GetAtt": attribute } = Object(value);
  if (Ref) return `<${Ref}>`;
  if (attribute) return `<${attribute.join(".")}>`;
  return join[1].map(text).join(join[0]);
}

/** `action on resource if condition` for each permission of the role whose logical id begins with `role`. */
function permissions(of: Template, role: string): string[] {
  const policies = Object.entries({
    ...of.findResources("AWS::IAM::Policy"),
    ...of.findResources("AWS::IAM::ManagedPolicy"),
  });
  return policies
    .filter(([id]) => id.startsWith(role))
    .flatMap(([, policy]) => policy.Properties.PolicyDocument.Statement)
    .flatMap(({ Effect, Action, Resource, Condition = {} }) =>
      [Action].flat().map((action: string) => {
        const conditions = Object.values(Condition).flatMap((tests) => Object.entries(Object(tests)));
        const when = conditions.map(([key, value]) => ` if ${key}=${text(value)}`).join("");
        return `${Effect} ${action} on ${text(Resource)}${when}`.replace(/[A-F\d]{8}(?=[.>])/g, "");
      }),
    );
}

describe("permissions", () => {
  const arn = (service: string) => `arn:<AWS::Partition>:${service}:<AWS::Region>:<AWS::AccountId>`;
  const onNodes = `Allow ssm:SendCommand on ${arn("ec2")}:instance/* if ssm:resourceTag`;

  test("the function may do exactly this", () => {
    expect(permissions(plain, "Audit")).toEqual([
      "Allow logs:CreateLogStream on <AuditLog.Arn>",
      "Allow logs:PutLogEvents on <AuditLog.Arn>",
      "Allow eks:ListClusters on *",
      "Allow ec2:DescribeInstances on *",
      "Allow ssm:DescribeInstanceInformation on *",
      `Allow eks:DescribeCluster on ${arn("eks")}:cluster/*`,
      `Allow eks:ListNodegroups on ${arn("eks")}:cluster/*`,
      `Allow eks:ListFargateProfiles on ${arn("eks")}:cluster/*`,
      `Allow eks:DescribeNodegroup on ${arn("eks")}:nodegroup/*`,
      `Allow ssm:SendCommand on ${arn("ssm")}:document/<CollectDocument>`,
      `${onNodes}/eks:cluster-name=*`,
      `${onNodes}/karpenter.sh/nodepool=*`,
      `${onNodes}/eks:eks-cluster-name=*`,
      "Allow ssm:ListCommands on *",
      "Allow ssm:ListCommandInvocations on *",
      "Allow ssm:GetCommandInvocation on *",
      `Allow securityhub:BatchImportFindings on ${arn("securityhub")}:product/<AWS::AccountId>/default if securityhub:TargetAccount=<AWS::AccountId>`,
    ]);
  });

  test("each self-managed cluster adds the tag of its own nodes", () => {
    const known = permissions(plain, "Audit");
    expect(permissions(template, "Audit").filter((permission) => !known.includes(permission))).toEqual([
      `${onNodes}/kubernetes.io/cluster/batch=*`,
      `${onNodes}/kubernetes.io/cluster/legacy=*`,
    ]);
  });

  test("a hundred self-managed clusters fit into IAM's policies, and none is lost", () => {
    const selfManagedClusters = Array.from({ length: 100 }, (_, index) => `${index}`.padStart(100, "x"));
    const many = Template.fromStack(stackWith({ ...defaults, selfManagedClusters }));
    const added = permissions(many, "Audit").filter((permission) => permission.includes("kubernetes.io/cluster/"));
    expect(new Set(added).size).toBe(100);
    // Source: IAM User Guide, "IAM and AWS STS quotas": managed policies attached to a role.
    expect(Object.keys(many.findResources("AWS::IAM::ManagedPolicy")).length).toBeLessThanOrEqual(10);
  });

  test("the scheduler may start the function and fill its queue, for its own schedule group", () => {
    expect(permissions(plain, "Schedule")).toEqual([
      "Allow lambda:InvokeFunction on <AuditFunction.Arn>",
      "Allow sqs:SendMessage on <ScheduleUndelivered.Arn>",
    ]);
    const [group] = Object.keys(plain.findResources("AWS::Scheduler::ScheduleGroup"));
    plain.hasResourceProperties("AWS::IAM::Role", {
      AssumeRolePolicyDocument: {
        Statement: [
          Match.objectLike({
            Principal: { Service: "scheduler.amazonaws.com" },
            Condition: { StringEquals: { "aws:SourceArn": { "Fn::GetAtt": [group, "Arn"] } } },
          }),
        ],
      },
    });
  });

  test("no role has a managed policy of AWS", () => {
    template.allResourcesProperties("AWS::IAM::Role", { ManagedPolicyArns: Match.absent() });
  });
});

test.each(["us-gov-west-1", "cn-north-1", "us-east-1"])("in %s no ARN names a partition", (region) => {
  const stack = stackWith(settings, { env: { account: "111122223333", region } });
  expect(JSON.stringify(Template.fromStack(stack).toJSON())).not.toMatch(/arn:aws/);
});

test("the tags are on everything that takes tags", () => {
  for (const type of [
    "AWS::Lambda::Function",
    "AWS::SSM::Document",
    "AWS::IAM::Role",
    "AWS::Logs::LogGroup",
    "AWS::SQS::Queue",
    "AWS::Scheduler::ScheduleGroup",
  ]) {
    template.allResourcesProperties(type, { Tags: Match.anyValue() });
    expect(JSON.stringify(template.findResources(type))).toContain('"platform"');
  }
});

describe("cdk-nag's AWS Solutions checks", () => {
  test("find nothing", () => {
    expect(new AwsSolutionsChecks().validateScope(stackWith(settings)).violations).toEqual([]);
  });

  test("find a careless queue", () => {
    const stack = stackWith(settings);
    new Queue(stack, "Careless");
    const found = new AwsSolutionsChecks().validateScope(stack).violations.map(({ ruleName }) => ruleName);
    expect(found).toEqual(["AwsSolutions-SQS3", "AwsSolutions-SQS4"]);
  });
});
