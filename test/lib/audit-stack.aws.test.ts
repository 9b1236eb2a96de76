import { Match, Template } from "aws-cdk-lib/assertions";
import { Queue } from "aws-cdk-lib/aws-sqs";
import { AwsSolutionsChecks } from "cdk-nag";
import { describe, expect, test } from "vitest";
import { collectorText, windowsCollectorText } from "../../lib/collect-content.ts";
import { defaults, settings } from "./example-settings.ts";
import { stackWith } from "./stack-with.ts";

const template = Template.fromStack(stackWith(settings));
const plain = Template.fromStack(stackWith(defaults));

describe("the schedule", () => {
  test("has the setting's expression and a flexible time window, and retries a failed start twice within an hour", () => {
    template.hasResourceProperties("AWS::Scheduler::Schedule", {
      ScheduleExpression: "cron(0 6 * * ? *)",
      ScheduleExpressionTimezone: "Europe/Berlin",
      State: "ENABLED",
      FlexibleTimeWindow: { Mode: "FLEXIBLE", MaximumWindowInMinutes: 15 },
      Target: { RetryPolicy: { MaximumRetryAttempts: 2, MaximumEventAgeInSeconds: 3600 } },
    });
  });

  test("sends undelivered events to an encrypted queue that requires TLS", () => {
    const [queue] = Object.keys(template.findResources("AWS::SQS::Queue")).filter((id) => id.includes("Undelivered"));
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
  test.each([
    ["arm64, the default", plain, "arm64"],
    ["the architecture in the settings", template, "x86_64"],
  ])("runs Node 24 for 15 minutes without reserved concurrency on %s", (_, stack, architecture) => {
    stack.resourceCountIs("AWS::Lambda::Function", 1);
    stack.hasResourceProperties("AWS::Lambda::Function", {
      Runtime: "nodejs24.x",
      Architectures: [architecture],
      Handler: "index.handler",
      Timeout: 900,
      ReservedConcurrentExecutions: Match.absent(),
    });
  });

  test("has the document and the settings in its environment", () => {
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

  test("has only the document, bucket, queue, exceptions and own rules in its environment if there are no settings", () => {
    const [lambda] = Object.values(plain.findResources("AWS::Lambda::Function"));
    expect(Object.keys(lambda?.Properties.Environment.Variables)).toEqual([
      "DOCUMENT_NAME",
      "DOCUMENT_SHA256",
      "LEDGER_BUCKET",
      "EXCEPTIONS_FILE",
      "RULES_FILE",
      "QUEUE_URL",
    ]);
  });

  test("is not retried by Lambda", () => {
    template.hasResourceProperties("AWS::Lambda::EventInvokeConfig", {
      Qualifier: "$LATEST",
      MaximumRetryAttempts: 0,
      MaximumEventAgeInSeconds: 3600,
    });
  });

  test("writes to a separate log group with a retention of 90 days, which is deleted with the stack", () => {
    const [log] = Object.keys(template.findResources("AWS::Logs::LogGroup"));
    template.hasResource("AWS::Logs::LogGroup", { Properties: { RetentionInDays: 90 }, DeletionPolicy: "Delete" });
    template.hasResourceProperties("AWS::Lambda::Function", { LoggingConfig: { LogGroup: { Ref: log } } });
  });

  test("has the log format JSON if the partition supports it", () => {
    const [[condition, equals] = []] = Object.entries(template.findConditions("*"));
    expect(equals).toEqual({ "Fn::Equals": [{ Ref: "AWS::Partition" }, "aws"] });
    template.hasResourceProperties("AWS::Lambda::Function", {
      LoggingConfig: { LogFormat: { "Fn::If": [condition, "JSON", "Text"] } },
    });
  });
});

describe("the document", () => {
  const [document] = Object.values(template.findResources("AWS::SSM::Document"));

  test("contains the unchanged script of each platform, a timeout of 30 seconds and no parameters", () => {
    expect(document?.Properties.Content).toEqual({
      schemaVersion: "2.2",
      description: expect.any(String),
      mainSteps: [
        {
          name: "collect",
          action: "aws:runShellScript",
          precondition: { StringEquals: ["platformType", "Linux"] },
          inputs: { timeoutSeconds: "30", runCommand: [collectorText()] },
        },
        {
          name: "collectWindows",
          action: "aws:runPowerShellScript",
          precondition: { StringEquals: ["platformType", "Windows"] },
          inputs: { timeoutSeconds: "30", runCommand: [windowsCollectorText()] },
        },
      ],
    });
  });

  test("has an identifying tag", () => {
    expect(document?.Properties.Tags).toContainEqual({ Key: "eks-kubelet-auditor", Value: "collect" });
  });

  test("keeps its name when its content changes", () => {
    expect(document?.Properties).toMatchObject({
      DocumentType: "Command",
      DocumentFormat: "JSON",
      UpdateMethod: "NewVersion",
    });
  });
});

test.each(["us-gov-west-1", "cn-north-1", "us-east-1"])("in %s no ARN names a partition", (region) => {
  const { alarmTopicArn: _, ...ours } = settings;
  const stack = stackWith(ours, { env: { account: "111122223333", region } });
  expect(JSON.stringify(Template.fromStack(stack).toJSON())).not.toMatch(/arn:aws/);
});

test("all resources that support tags have the tags", () => {
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
  test("find no problem in the stack", () => {
    expect(new AwsSolutionsChecks().validateScope(stackWith(settings)).violations).toEqual([]);
  });

  test("find the problems of an insecure queue", () => {
    const stack = stackWith(settings);
    new Queue(stack, "Careless");
    const found = new AwsSolutionsChecks().validateScope(stack).violations.map(({ ruleName }) => ruleName);
    expect(found).toEqual(["AwsSolutions-SQS3", "AwsSolutions-SQS4"]);
  });
});
