import { Duration, RemovalPolicy, TimeZone, Validations } from "aws-cdk-lib";
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
import type { Settings } from "./settings.ts";

/** Spreads the runs of many accounts, which would otherwise all start on the same minute. */
const flexibleWindow = Duration.minutes(15);

/** Deliveries tried after the first failed, within `maxEventAge`; Scheduler's own default is 185 within a day. */
const retries = 2;
const maxEventAge = Duration.hours(1);

/** After its time a run starts within this, or not at all. */
export const latestStart = flexibleWindow.plus(maxEventAge);

/** The longest SQS keeps a message. Source: Amazon SQS Developer Guide, "Message quotas". */
const keepUndelivered = Duration.days(14);

/** What a schedule starts: a function or a state machine. */
interface Startable {
  arn: string;
  action: "lambda:InvokeFunction" | "states:StartExecution";
}

/** Starts a run on time. What could not be delivered to the target lands in a queue; a failed run does not. */
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
    Validations.of(undelivered).acknowledge({
      id: "AwsSolutions-SQS3",
      reason: "This queue is the dead-letter queue of the schedule.",
    });

    // A group of our own: the group is what the role can be tied to.
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

    // CDK's own targets would grant more: every version of the function, say, and reading the queue.
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
