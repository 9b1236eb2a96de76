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
import type { Settings } from "./settings.ts";

/**
 * Maximum hours that an alarm can evaluate with periods of one hour. Source: Amazon CloudWatch API Reference,
 * PutMetricAlarm.
 */
const longestLookBackHours = 7 * 24;

/** The resources that the alarms watch, and the topic that they notify. */
interface Watched {
  handler: IFunction;
  undelivered: IQueue;
  /** Dead-letter queue of the instances' events; absent if the setting `events` is false. */
  givenUp?: IQueue | undefined;
  topic?: ITopic | undefined;
}

/**
 * One alarm for each way in which the findings could become stale or incomplete. docs/operations.md describes the
 * reaction to each.
 */
export class AuditAlarms extends Construct {
  /** Most important first. */
  readonly all: readonly Alarm[];

  constructor(scope: Construct, id: string, { handler, undelivered, givenUp, topic }: Watched, settings: Settings) {
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
      ...(givenUp ? [eventsGivenUp(givenUp, { ...isPositive, ...whileReported })] : []),
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
    for (const alarm of this.all) notify(alarm, topic);
  }
}

/** An alarm for messages that lie in the dead-letter queue of the events. */
export function eventsGivenUp(
  givenUp: IQueue,
  props: Pick<AlarmProps, "threshold" | "comparisonOperator" | "evaluationPeriods" | "treatMissingData">,
): [string, AlarmProps] {
  const metric = givenUp.metricApproximateNumberOfMessagesVisible({ statistic: "Maximum", period: hourly });
  const alarmDescription = "Events of instances could not be processed. The scheduled kubelet audit covers them.";
  return ["EventsGivenUp", { alarmDescription, metric, ...props }];
}

/** Makes the alarm notify the topic, if there is one, on ALARM and on OK. */
export function notify(alarm: Alarm, topic: ITopic | undefined): void {
  if (!topic) return;
  alarm.addAlarmAction(new SnsAction(topic));
  alarm.addOkAction(new SnsAction(topic));
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
