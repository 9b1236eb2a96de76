import { Duration, RemovalPolicy, TimeZone } from "aws-cdk-lib";
import { PolicyStatement, Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import {
  ContextAttribute,
  Schedule,
  ScheduleExpression,
  ScheduleGroup,
  ScheduleTargetInput,
  TimeWindow,
} from "aws-cdk-lib/aws-scheduler";
import { Queue, QueueEncryption } from "aws-cdk-lib/aws-sqs";
import { Construct } from "constructs";
import { acknowledge } from "./acknowledge.ts";
import type { Settings } from "./settings.ts";

/**
 * Window in which a run starts. It spreads the runs of many accounts, which would otherwise start in the same minute.
 */
const flexibleWindow = Duration.minutes(15);

/** Delivery attempts after the first failed one, within `maxEventAge`. Scheduler's default is 185 within a day. */
const retries = 2;
const maxEventAge = Duration.hours(1);

/** Maximum delay between the scheduled time and the start of a run. */
export const latestStart = flexibleWindow.plus(maxEventAge);

/** SQS's maximum retention of a message. Source: Amazon SQS Developer Guide, "Message quotas". */
const keepUndelivered = Duration.days(14);

/** Target of a schedule: a function or a state machine. */
interface Startable {
  arn: string;
  action: "lambda:InvokeFunction" | "states:StartExecution";
}

/**
 * Starts runs by a schedule. Undelivered events go to a dead-letter queue. A failed run does not count as undelivered.
 */
export class AuditSchedule extends Construct {
  readonly schedule: Schedule;
  readonly undelivered: Queue;

  constructor(
    scope: Construct,
    id: string,
    { arn, action }: Startable,
    { expression, timezone }: Settings["schedule"],
  ) {
    super(scope, id);
    const undelivered = new Queue(this, "Undelivered", {
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      retentionPeriod: keepUndelivered,
    });
    acknowledge(undelivered, {
      id: "AwsSolutions-SQS3",
      reason: "This queue is the dead-letter queue of the schedule.",
    });

    // The role's trust policy can only be restricted to a group of schedules, so this schedule has a group of its own.
    const scheduleGroup = new ScheduleGroup(this, "Group", { removalPolicy: RemovalPolicy.DESTROY });
    const role = new Role(this, "Role", {
      assumedBy: new ServicePrincipal("scheduler.amazonaws.com", {
        conditions: { StringEquals: { "aws:SourceArn": scheduleGroup.scheduleGroupArn } },
      }),
    });
    role.addToPolicy(new PolicyStatement({ sid: "StartAudit", actions: [action], resources: [arn] }));
    role.addToPolicy(
      new PolicyStatement({
        sid: "KeepUndelivered",
        actions: ["sqs:SendMessage"],
        resources: [undelivered.queueArn],
      }),
    );

    // CDK's own targets would grant more, for example every version of the function, and reading the queue.
    const target = {
      bind: () => ({
        arn,
        role,
        input: ScheduleTargetInput.fromObject({ scheduledTime: ContextAttribute.scheduledTime }),
        retryPolicy: { maximumRetryAttempts: retries, maximumEventAgeInSeconds: maxEventAge.toSeconds() },
        deadLetterConfig: { arn: undelivered.queueArn },
      }),
    };
    this.undelivered = undelivered;
    this.schedule = new Schedule(this, "Schedule", {
      description: "Starts the kubelet audit",
      schedule: ScheduleExpression.expression(expression, TimeZone.of(timezone)),
      timeWindow: TimeWindow.flexible(flexibleWindow),
      scheduleGroup,
      target,
    });
  }
}
