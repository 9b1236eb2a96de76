import { Match, Template } from "aws-cdk-lib/assertions";
import { describe, expect, test } from "vitest";
import { defaults, settings } from "./example-settings.ts";
import { stackWith } from "./stack-with.ts";

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
  expect(Object.keys(without)).not.toContain("EventsGivenUp");
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
        ...["RunFailed", "RunKilled", "RunNotStarted", "RunDropped", "EventsGivenUp"],
        ...["FindingsRefused", "CoverageLow"],
      ]);
    },
  );
});
