import { Duration } from "aws-cdk-lib";
import { EventBus, type EventPattern, Rule } from "aws-cdk-lib/aws-events";
import { Effect, PolicyStatement, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import { EventSourceMapping } from "aws-cdk-lib/aws-lambda";
import { Queue, QueueEncryption } from "aws-cdk-lib/aws-sqs";
import { Construct } from "constructs";
import { acknowledge } from "./acknowledge.ts";
import { type AuditFunction, functionTimeout } from "./audit-function.ts";
import type { Settings } from "./settings.ts";

/** Events of instances that start or end. Source: Amazon EC2 User Guide, "State change events for your instances". */
export const stateChanges = {
  source: ["aws.ec2"],
  detailType: ["EC2 Instance State-change Notification"],
  detail: { state: ["running", "shutting-down", "terminated"] },
};

/** Maximum number of messages per invocation. One filter of DescribeInstances accepts the same number of values. */
const batchSize = 200;

/** Maximum time that the mapping waits for a full batch. */
const batchWindow = Duration.seconds(30);

/**
 * Maximum number of concurrent invocations. A stack has the minimum that Lambda accepts: more invocations would only
 * wait, because they share the account-Region's request rates. A hub has a higher number, because each member has its
 * own request rates. The number is at most half of an account's quota, which is usually 1,000 and at least 10.
 */
const maxConcurrency = { ofStack: 2, ofHub: 5 };

/**
 * Time for which a received message is hidden: the function's timeout plus the window, so that the messages of an
 * invocation that Lambda ended return after it. Lambda rejects a shorter time, and recommends six times the timeout, so
 * that it can repeat throttled invocations. `maxConcurrency` keeps the mapping from exceeding its own concurrency. If
 * the account's concurrency is used up for long, a message can be delivered while an earlier invocation still processes
 * it. Such deliveries do no harm. Source: AWS Lambda Developer Guide, "Creating an SQS event source mapping".
 */
const visibilityTimeout = functionTimeout.plus(batchWindow);

/**
 * Maximum deliveries of a message before it goes to the dead-letter queue. The message of a starting node is delivered
 * every three minutes until the node is 20 minutes old, which is at most 8 times. The rest is for errors and
 * throttling, with a delivery every 16 minutes.
 */
const mostDeliveries = 12;

/** Retention of a message. Within this time a scheduled run usually audits the node. */
const keepMessages = Duration.days(1);

/** SQS's maximum retention of a message. Source: Amazon SQS Developer Guide, "Message quotas". */
const keepGivenUp = Duration.days(14);

/** The queue with events of instances, and its dead-letter queue. */
export class AuditQueue extends Construct {
  readonly queue: Queue;
  /** Dead-letter queue: messages that could not be processed. */
  readonly givenUp: Queue;

  constructor(scope: Construct, id: string, { newNodeDelay }: Pick<Settings, "newNodeDelay">) {
    super(scope, id);
    const secure = { encryption: QueueEncryption.SQS_MANAGED, enforceSSL: true };
    this.givenUp = new Queue(this, "GivenUp", { ...secure, retentionPeriod: keepGivenUp });
    acknowledge(this.givenUp, {
      id: "AwsSolutions-SQS3",
      reason: "This queue is the dead-letter queue of the instances' events.",
    });
    this.queue = new Queue(this, "Queue", {
      ...secure,
      deliveryDelay: Duration.minutes(newNodeDelay),
      retentionPeriod: keepMessages,
      visibilityTimeout,
      deadLetterQueue: { queue: this.givenUp, maxReceiveCount: mostDeliveries },
    });
  }
}

/** Maximum characters of an event pattern. Source: Amazon EventBridge User Guide, "Amazon EventBridge quotas". */
const longestPattern = 2_048;

/** The account-Regions that are audited. Without accounts: every account that may send events to the bus. */
interface Origin {
  accounts?: readonly string[];
  regions: readonly string[];
}

/**
 * The pattern for events of these account-Regions. A bus can also contain events of other account-Regions, for example
 * if it collects the events of an organization. If there are too many accounts for a pattern, the pattern matches every
 * account. The function then drops events of accounts whose role it may not assume.
 */
function patternFor({ accounts, regions }: Origin): EventPattern {
  const pattern = { ...stateChanges, region: [...regions] };
  const narrow = { ...pattern, ...(accounts && { account: [...accounts] }) };
  return JSON.stringify(narrow).length <= longestPattern ? narrow : pattern;
}

interface Parts {
  audit: AuditFunction;
  queue: AuditQueue;
  origin: Origin;
  /** Name of the event bus with the events. Default: the default bus of the account-Region. */
  eventBusName?: string | undefined;
}

/** Sends events of instances that start or end through the queue to the function, delayed and in batches. */
export class AuditEvents extends Construct {
  constructor(scope: Construct, id: string, { audit, queue: { queue }, origin, eventBusName }: Parts) {
    super(scope, id);
    const rule = new Rule(this, "Rule", {
      description: "EC2 instances that start or end, for the kubelet audit",
      eventPattern: patternFor(origin),
      ...(eventBusName && { eventBus: EventBus.fromEventBusName(this, "Bus", eventBusName) }),
      // CDK's own target would grant more, for example reading the queue's attributes.
      targets: [{ bind: () => ({ arn: queue.queueArn }) }],
    });
    queue.addToResourcePolicy(
      new PolicyStatement({
        sid: "OnlyTheRule",
        effect: Effect.ALLOW,
        principals: [new ServicePrincipal("events.amazonaws.com")],
        actions: ["sqs:SendMessage"],
        resources: [queue.queueArn],
        conditions: { ArnEquals: { "aws:SourceArn": rule.ruleArn } },
      }),
    );
    audit.role.addToPolicy(
      new PolicyStatement({
        sid: "TakeEvents",
        actions: ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ChangeMessageVisibility"],
        resources: [queue.queueArn],
      }),
    );
    const mapping = new EventSourceMapping(this, "Mapping", {
      target: audit.handler,
      eventSourceArn: queue.queueArn,
      batchSize,
      maxBatchingWindow: batchWindow,
      maxConcurrency: eventBusName === undefined ? maxConcurrency.ofStack : maxConcurrency.ofHub,
      reportBatchItemFailures: true,
    });
    // Lambda checks the role's permissions when it creates the mapping.
    mapping.node.addDependency(audit.role);
  }
}
