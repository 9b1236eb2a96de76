import { App, Stack } from "aws-cdk-lib";
import { Match, Template } from "aws-cdk-lib/assertions";
import { Topic } from "aws-cdk-lib/aws-sns";
import { describe, expect, test } from "vitest";
import { KubeletAuditor } from "../../lib/kubelet-auditor.ts";
import { defaults, settings } from "./example-settings.ts";
import { fleetStackWith, stackWith } from "./stack-with.ts";

const template = Template.fromStack(stackWith(settings));

interface Alarm {
  MetricName?: string;
  Namespace?: string;
  Period: number;
  EvaluationPeriods: number;
  [property: string]: unknown;
}

/** The alarms by name. The name is a part of the logical id. */
function alarmsOf(of: Template): Record<string, Alarm> {
  const alarms = Object.entries(of.findResources("AWS::CloudWatch::Alarm"));
  return Object.fromEntries(
    alarms.map(([id, { Properties }]) => [id.replace(/^AuditorAlarms(\w+)[\dA-F]{8}$/, "$1"), Properties]),
  );
}
const alarms = alarmsOf(template);

test("the stack has an alarm for each failure and no other alarm", () => {
  expect(Object.keys(alarms)).toEqual([
    "RunMissing",
    "RunFailed",
    "RunKilled",
    "RunNotStarted",
    "RunDropped",
    "EventsGivenUp",
    "EventsWaiting",
    "FindingsRefused",
    "CoverageLow",
  ]);
});

test("each alarm notifies the topic on ALARM and on OK", () => {
  const topic = [settings.alarmTopicArn];
  for (const alarm of Object.values(alarms)) expect(alarm).toMatchObject({ AlarmActions: topic, OKActions: topic });
});

test("without a topic the alarms have no actions", () => {
  Template.fromStack(stackWith(defaults)).allResourcesProperties("AWS::CloudWatch::Alarm", {
    AlarmActions: Match.absent(),
    OKActions: Match.absent(),
  });
});

test("the alarms on results keep their state until the next run", () => {
  const lasting = { Period: 3600, EvaluationPeriods: 1, TreatMissingData: "ignore" };
  const [service] = [{ Name: "service", Value: "eks-kubelet-auditor" }];
  expect(alarms).toMatchObject({
    RunFailed: {
      ...lasting,
      Namespace: "EksKubeletAuditor",
      MetricName: "RunsFailed",
      Dimensions: [service],
      ComparisonOperator: "GreaterThanThreshold",
      Threshold: 0,
    },
    FindingsRefused: {
      ...lasting,
      Namespace: "EksKubeletAuditor",
      MetricName: "FindingsRefused",
      Dimensions: [service],
      ComparisonOperator: "GreaterThanThreshold",
      Threshold: 0,
    },
    CoverageLow: {
      ...lasting,
      Namespace: "EksKubeletAuditor",
      MetricName: "Coverage",
      Dimensions: [service],
      Statistic: "Minimum",
      ComparisonOperator: "LessThanThreshold",
      Threshold: 95,
    },
  });
});

test("RunKilled goes off if Lambda ended an invocation, but not if a run reported its own failure", () => {
  const [lambda] = Object.keys(template.findResources("AWS::Lambda::Function"));
  expect(alarms.RunKilled).toMatchObject({ Threshold: 0, TreatMissingData: "notBreaching" });
  expect(alarms.RunKilled?.Metrics).toMatchObject([
    { Expression: "errors - FILL(failed, 0)" },
    {
      MetricStat: {
        Metric: { MetricName: "Errors", Dimensions: [{ Name: "FunctionName", Value: { Ref: lambda } }] },
        Stat: "Sum",
      },
    },
    { MetricStat: { Metric: { MetricName: "RunsFailed", Namespace: "EksKubeletAuditor" }, Stat: "Sum" } },
  ]);
});

test("EventsGivenUp goes off if an instance's event cannot be processed, and does not exist without the setting events", () => {
  expect(alarms.EventsGivenUp).toMatchObject({
    MetricName: "ApproximateNumberOfMessagesVisible",
    Dimensions: [{ Name: "QueueName" }],
    Threshold: 0,
    TreatMissingData: "notBreaching",
  });
  const without = alarmsOf(Template.fromStack(stackWith({ ...defaults, events: false })));
  expect(Object.keys(without).filter((name) => name.startsWith("Events"))).toEqual([]);
});

test("EventsWaiting goes off if an event is in the queue for an hour, for example because the mapping is disabled", () => {
  const [queue] = Object.keys(template.findResources("AWS::SQS::Queue", { Properties: { DelaySeconds: 600 } }));
  expect(alarms.EventsWaiting).toMatchObject({
    Namespace: "AWS/SQS",
    MetricName: "ApproximateAgeOfOldestMessage",
    Dimensions: [{ Name: "QueueName", Value: { "Fn::GetAtt": [queue, "QueueName"] } }],
    Statistic: "Maximum",
    ComparisonOperator: "GreaterThanThreshold",
    Threshold: 3600,
    TreatMissingData: "notBreaching",
  });
});

test("an hour is longer than the longest delay, a starting node, an invocation and the visibility timeout together", () => {
  const slowest = Template.fromStack(stackWith({ ...defaults, newNodeDelay: 15 }));
  const [queue] = Object.values(slowest.findResources("AWS::SQS::Queue", { Properties: { DelaySeconds: 900 } }));
  const [lambda] = Object.values(slowest.findResources("AWS::Lambda::Function"));
  const [young, pause] = [20 * 60, 180];
  const longest = Math.max(900, young) + pause + lambda?.Properties.Timeout + queue?.Properties.VisibilityTimeout;
  expect(longest).toBeLessThan(3600);
});

describe("a topic that alarms cannot notify fails the synthesis or the deployment:", () => {
  const topic = "arn:aws:sns:us-east-1:111122223333:on-call";
  const inRegion = (region: string) => ({ env: { account: "111122223333", region } });
  const rulesOf = (stack: Parameters<typeof Template.fromStack>[0]) =>
    Object.entries(Template.fromStack(stack).toJSON().Rules ?? {}).filter(([id]) => id !== "CheckBootstrapVersion");

  test("a topic in another Region than the stack's", () => {
    expect(() => stackWith({ ...defaults, alarmTopicArn: topic }, inRegion("eu-central-1"))).toThrow(
      `The alarm topic ${topic} of Test/Auditor/Alarms cannot be used:
  Alarms can notify only topics of their Region, and the topic is in us-east-1. Set "alarmTopic" (in the CDK context: "alarmTopicArn") to a standard topic in eu-central-1.`,
    );
  });

  test("a topic in another Region than the hub's", () => {
    expect(() => fleetStackWith({}, inRegion("eu-west-1"), { alarmTopicArn: topic })).toThrow(
      /us-east-1.*a standard topic in eu-west-1/,
    );
  });

  test("a FIFO topic", () => {
    const stack = new Stack(new App({ context: { "aws:cdk:bundling-stacks": [] } }), "Platform");
    const alarmTopic = new Topic(stack, "Ordered", { fifo: true });
    expect(() => new KubeletAuditor(stack, "Auditor", { alarmTopic })).toThrow(
      "The alarm topic Platform/Ordered of Platform/Auditor/Alarms cannot be used:\n  CloudWatch alarms cannot notify FIFO topics.",
    );
  });

  test.each([
    ["the stack", () => stackWith({ ...defaults, alarmTopicArn: topic })],
    ["the hub", () => fleetStackWith({}, {}, { alarmTopicArn: topic })],
  ])("without a fixed Region, CloudFormation compares the Region of %s", (_, stack) => {
    expect(rulesOf(stack())).toEqual([
      [
        expect.stringContaining("TopicRegion"),
        {
          Assertions: [
            {
              Assert: { "Fn::Equals": [{ Ref: "AWS::Region" }, "us-east-1"] },
              AssertDescription: expect.stringContaining("the topic is in us-east-1"),
            },
          ],
        },
      ],
    ]);
  });

  test("a topic in the stack's Region is accepted, without a rule", () => {
    expect(rulesOf(stackWith({ ...defaults, alarmTopicArn: topic }, inRegion("us-east-1")))).toEqual([]);
    expect(rulesOf(stackWith(defaults))).toEqual([]);
  });
});

test("one alarm goes off if Scheduler cannot deliver its event, and another alarm if Lambda drops the event", () => {
  const atOnce = { Threshold: 0, EvaluationPeriods: 1, TreatMissingData: "notBreaching" };
  // Two alarms instead of one on the sum, because one of the metrics does not exist in China.
  expect(alarms).toMatchObject({
    RunNotStarted: { MetricName: "ApproximateNumberOfMessagesVisible", Namespace: "AWS/SQS", ...atOnce },
    RunDropped: { MetricName: "AsyncEventsDropped", Namespace: "AWS/Lambda", ...atOnce },
  });
});

describe("RunMissing goes off after the schedule's longest pause plus the maximum delay of a start", () => {
  test.each([
    ["rate(15 minutes)", 4],
    ["rate(6 hours)", 9],
    ["rate(1 day)", 27],
    ["cron(0 6 ? * MON-FRI *)", 75],
    ["rate(6 days)", 147],
  ])("%s: %d hours without the end of a run", (expression, hours) => {
    const schedule = { expression, timezone: "Etc/UTC" };
    expect(alarmsOf(Template.fromStack(stackWith({ ...defaults, schedule }))).RunMissing).toMatchObject({
      Namespace: "EksKubeletAuditor",
      MetricName: "RunsFailed",
      Statistic: "SampleCount",
      Period: 3600,
      EvaluationPeriods: hours,
      TreatMissingData: "breaching",
      ComparisonOperator: "LessThanThreshold",
      Threshold: 1,
    });
  });

  test.each(["rate(7 days)", "cron(0 6 ? * MON *)", "cron(0 6 1 * ? *)"])(
    "a stack with the schedule %s has no RunMissing, because an alarm evaluates at most seven days",
    (expression) => {
      const schedule = { expression, timezone: "Etc/UTC" };
      const names = Object.keys(alarmsOf(Template.fromStack(stackWith({ ...defaults, schedule }))));
      expect(names).toEqual([
        ...["RunFailed", "RunKilled", "RunNotStarted", "RunDropped", "EventsGivenUp", "EventsWaiting"],
        ...["FindingsRefused", "CoverageLow"],
      ]);
    },
  );
});
