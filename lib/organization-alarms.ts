import {
  Alarm,
  type AlarmProps,
  ComparisonOperator,
  MathExpression,
  Metric,
  TreatMissingData,
} from "aws-cdk-lib/aws-cloudwatch";
import type { ITopic } from "aws-cdk-lib/aws-sns";
import type { IQueue } from "aws-cdk-lib/aws-sqs";
import { Construct } from "constructs";
import { type EventQueues, eventAlarms, notify, whenMissing } from "./audit-alarms.ts";
import { hourly } from "./metrics.ts";
import type { Settings } from "./settings.ts";

/** The resources that the alarms watch, and the topic that they notify. */
interface Watched {
  /** ARN of the state machine. */
  machine: string;
  undelivered: IQueue;
  /** Queue of the instances' events, and its dead-letter queue; absent when events are switched off. */
  events?: EventQueues | undefined;
  topic?: ITopic | undefined;
}

/**
 * One alarm for each way in which the members' findings could become stale or incomplete. docs/fleet.md describes the
 * reaction to each.
 */
export class OrganizationAlarms extends Construct {
  constructor(scope: Construct, id: string, { machine, undelivered, events, topic }: Watched, settings: Settings) {
    super(scope, id);
    /** A metric that counts executions. Source: AWS Step Functions Developer Guide, "Monitoring with CloudWatch". */
    const executions = (metricName: string) =>
      new Metric({
        namespace: "AWS/States",
        metricName,
        dimensionsMap: { StateMachineArn: machine },
        statistic: "Sum",
        period: hourly,
      });
    const anyIsTooMany = {
      threshold: 0,
      comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
      evaluationPeriods: 1,
      treatMissingData: TreatMissingData.NOT_BREACHING,
    };
    const alarms: [string, AlarmProps][] = [
      ...whenMissing(
        "ExecutionMissing",
        "audit of the organization",
        executions("ExecutionsStarted"),
        settings.schedule,
      ),
      [
        "ExecutionFailed",
        {
          alarmDescription:
            "A part of the organization was not audited. The execution's error names the part, the logs contain the reason.",
          metric: new MathExpression({
            expression: "FILL(failed, 0) + FILL(timedOut, 0) + FILL(aborted, 0)",
            label: "executions that did not succeed",
            period: hourly,
            usingMetrics: {
              failed: executions("ExecutionsFailed"),
              timedOut: executions("ExecutionsTimedOut"),
              aborted: executions("ExecutionsAborted"),
            },
          }),
          ...anyIsTooMany,
        },
      ],
      [
        "ExecutionNotStarted",
        {
          alarmDescription: "An audit of the organization was due, and the event did not reach the state machine.",
          metric: undelivered.metricApproximateNumberOfMessagesVisible({ statistic: "Maximum", period: hourly }),
          ...anyIsTooMany,
        },
      ],
      ...(events ? eventAlarms(events) : []),
    ];
    notify(
      this,
      alarms.map(([name, props]) => new Alarm(this, name, props)),
      topic,
    );
  }
}
