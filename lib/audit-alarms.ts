import { Aws, CfnRule, Duration, Fn, Stack, Token } from "aws-cdk-lib";
import {
  Alarm,
  type AlarmProps,
  ComparisonOperator,
  MathExpression,
  type Metric,
  TreatMissingData,
} from "aws-cdk-lib/aws-cloudwatch";
import { SnsAction } from "aws-cdk-lib/aws-cloudwatch-actions";
import type { IFunction } from "aws-cdk-lib/aws-lambda";
import type { ITopic } from "aws-cdk-lib/aws-sns";
import type { IQueue } from "aws-cdk-lib/aws-sqs";
import { Construct } from "constructs";
import { latestStart } from "./audit-schedule.ts";
import { auditMetric, hourly } from "./metrics.ts";
import { longestPauseHours } from "./schedule-times.ts";
import { type Settings, SettingsError } from "./settings.ts";

/**
 * Maximum hours that an alarm can evaluate with periods of one hour. Source: Amazon CloudWatch API Reference,
 * PutMetricAlarm.
 */
const longestLookBackHours = 7 * 24;

/** The queue of the instances' events, and its dead-letter queue. */
export interface EventQueues {
  queue: IQueue;
  givenUp: IQueue;
}

/** The resources that the alarms watch, and the topic that they notify. */
interface Watched {
  handler: IFunction;
  undelivered: IQueue;
  /** Queue of the instances' events, and its dead-letter queue; absent if the setting `events` is false. */
  events?: EventQueues | undefined;
  topic?: ITopic | undefined;
}

/**
 * One alarm for each way in which the findings could become stale or incomplete. docs/operations.md describes the
 * reaction to each.
 */
export class AuditAlarms extends Construct {
  /** Most important first. */
  readonly all: readonly Alarm[];

  constructor(scope: Construct, id: string, { handler, undelivered, events, topic }: Watched, settings: Settings) {
    super(scope, id);
    /** The alarm keeps the state of the last run until the next run. */
    const untilNextRun = { evaluationPeriods: 1, treatMissingData: TreatMissingData.IGNORE };
    const isPositive = { threshold: 0, comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD };
    const whileReported = { evaluationPeriods: 1, treatMissingData: TreatMissingData.NOT_BREACHING };

    // Lambda's metrics also count the invocations by the queue. This metric counts only scheduled runs, at their end.
    const ended = auditMetric("RunsFailed", { statistic: "SampleCount" });
    const alarms: [string, AlarmProps][] = [
      ...whenMissing("RunMissing", "kubelet audit", ended, settings.schedule),
      [
        "RunFailed",
        {
          alarmDescription: "The last kubelet audit failed. Its log contains the reason.",
          metric: auditMetric("RunsFailed"),
          ...isPositive,
          ...untilNextRun,
        },
      ],
      [
        "RunKilled",
        {
          alarmDescription: "Lambda ended an invocation of the kubelet audit before it could report its end.",
          metric: new MathExpression({
            expression: "errors - FILL(failed, 0)",
            label: "invocations that did not report their end",
            period: hourly,
            usingMetrics: {
              errors: handler.metricErrors({ period: hourly, statistic: "Sum" }),
              failed: auditMetric("RunsFailed", { statistic: "Sum" }),
            },
          }),
          ...isPositive,
          ...whileReported,
        },
      ],
      [
        "RunNotStarted",
        {
          alarmDescription: "A kubelet audit was due, and the event did not reach the function.",
          metric: undelivered.metricApproximateNumberOfMessagesVisible({ statistic: "Maximum", period: hourly }),
          ...isPositive,
          ...whileReported,
        },
      ],
      [
        // A separate alarm, because Lambda does not send this metric in China.
        "RunDropped",
        {
          alarmDescription: "A kubelet audit was due, and Lambda dropped the event before the function could start.",
          metric: handler.metric("AsyncEventsDropped", { statistic: "Sum", period: hourly }),
          ...isPositive,
          ...whileReported,
        },
      ],
      ...(events ? eventAlarms(events) : []),
      [
        "FindingsRefused",
        {
          alarmDescription: "Security Hub rejected findings of the last kubelet audit. The run's log lists them.",
          metric: auditMetric("FindingsRefused"),
          ...isPositive,
          ...untilNextRun,
        },
      ],
      [
        "CoverageLow",
        {
          alarmDescription: `Less than ${settings.coverageThreshold} % of the EKS nodes could be audited.`,
          metric: auditMetric("Coverage", { statistic: "Minimum" }),
          threshold: settings.coverageThreshold,
          comparisonOperator: ComparisonOperator.LESS_THAN_THRESHOLD,
          ...untilNextRun,
        },
      ],
    ];
    this.all = alarms.map(([name, props]) => new Alarm(this, name, props));
    notify(this, this.all, topic);
  }
}

/**
 * Age at which a message counts as not processed. A message of a starting node is in the queue for at most 38 minutes:
 * until the node is 20 minutes old, then one pause of 3 minutes, and an invocation of 15 minutes. If Lambda ends that
 * invocation, the message is hidden for up to 16 minutes.
 */
const longestWait = Duration.hours(1);

/**
 * Alarms for messages that wait in the queue of the events, and for messages in its dead-letter queue. SQS sends no
 * metrics of a queue that was empty and unused for 6 hours, and such a queue needs no alarm. Source: Amazon SQS
 * Developer Guide, "Available CloudWatch metrics for Amazon SQS".
 */
export function eventAlarms({ queue, givenUp }: EventQueues): [string, AlarmProps][] {
  const metric = { statistic: "Maximum", period: hourly };
  const props = {
    comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
    evaluationPeriods: 1,
    treatMissingData: TreatMissingData.NOT_BREACHING,
  };
  return [
    [
      "EventsGivenUp",
      {
        alarmDescription: "Events of instances could not be processed. The scheduled kubelet audit covers them.",
        metric: givenUp.metricApproximateNumberOfMessagesVisible(metric),
        threshold: 0,
        ...props,
      },
    ],
    [
      "EventsWaiting",
      {
        alarmDescription:
          "The function does not process events of instances. Only the scheduled kubelet audit covers new nodes.",
        metric: queue.metricApproximateAgeOfOldestMessage(metric),
        threshold: longestWait.toSeconds(),
        ...props,
      },
    ],
  ];
}

/** Makes the alarms notify the topic, if there is one, on ALARM and on OK. Throws if alarms cannot notify it. */
export function notify(scope: Construct, alarms: readonly Alarm[], topic: ITopic | undefined): void {
  if (!topic) return;
  requireTopic(scope, topic);
  for (const alarm of alarms) {
    alarm.addAlarmAction(new SnsAction(topic));
    alarm.addOkAction(new SnsAction(topic));
  }
}

/**
 * Requires a standard topic in the Region of the alarms. If the stack has no fixed Region, CloudFormation compares the
 * Regions before it creates a resource. Source: Amazon CloudWatch API Reference, PutMetricAlarm.
 */
function requireTopic(scope: Construct, topic: ITopic): void {
  const { region } = Stack.of(scope);
  const its = topic.env.region;
  const refuse = (problem: string, where: string) => {
    const name = Token.isUnresolved(topic.topicArn) ? topic.node.path : topic.topicArn;
    const fix = `Set "alarmTopic" (in the CDK context: "alarmTopicArn") to a standard topic${where}.`;
    throw new SettingsError(`The alarm topic ${name} of ${scope.node.path}`, [`${problem} ${fix}`]);
  };
  if (topic.fifo) refuse("CloudWatch alarms cannot notify FIFO topics.", "");
  if (Token.isUnresolved(its)) return;
  if (Token.isUnresolved(region))
    new CfnRule(scope, "TopicRegion", {
      assertions: [
        {
          assert: Fn.conditionEquals(Aws.REGION, its),
          assertDescription: `Alarms can notify only topics of their Region, and the topic is in ${its}. Set "alarmTopicArn" to a topic of the stack's Region.`,
        },
      ],
    });
  else if (its !== region)
    refuse(`Alarms can notify only topics of their Region, and the topic is in ${its}.`, ` in ${region}`);
}

/** An alarm that goes off if `metric` counts no audit for longer than the schedule's longest pause. */
export function whenMissing(
  name: string,
  audit: string,
  metric: Metric,
  schedule: Settings["schedule"],
): [string, AlarmProps][] {
  const hours = hoursWithoutRun(schedule);
  // An alarm cannot evaluate a period as long as the pause of a weekly audit. The alarm on the schedule's dead-letter
  // queue still reports a failed start.
  if (hours > longestLookBackHours) return [];
  const props: AlarmProps = {
    alarmDescription: `There was no ${audit} for ${hours} hours.`,
    metric,
    threshold: 1,
    comparisonOperator: ComparisonOperator.LESS_THAN_THRESHOLD,
    evaluationPeriods: hours,
    treatMissingData: TreatMissingData.BREACHING,
  };
  return [[name, props]];
}

/** Whole hours within which a working schedule starts at least one run. */
function hoursWithoutRun({ expression, timezone }: Settings["schedule"]): number {
  // A run counts for the clock hour of its start, so the first and last hour of a pause are incomplete.
  const hoursCut = 1;
  return longestPauseHours(expression, timezone) + Math.ceil(latestStart.toHours({ integral: false })) + hoursCut;
}
