import { Duration, Validations } from "aws-cdk-lib";
import { EventBus, Rule } from "aws-cdk-lib/aws-events";
import { Effect, PolicyStatement, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import { EventSourceMapping } from "aws-cdk-lib/aws-lambda";
import { Queue, QueueEncryption } from "aws-cdk-lib/aws-sqs";
import { Construct } from "constructs";
import { type AuditFunction, functionTimeout } from "./audit-function.ts";
import type { Settings } from "./settings.ts";

/** The events of an instance that began or ended. Source: Amazon EC2 User Guide, "State change events for your instances". */
export const stateChanges = {
  source: ["aws.ec2"],
  detailType: ["EC2 Instance State-change Notification"],
  detail: { state: ["running", "shutting-down", "terminated"] },
};

/** Messages of one invocation. EC2 describes as many instances in one call. */
const batchSize = 200;

/** How long the mapping waits for a batch to fill. */
const batchWindow = Duration.seconds(30);

/** Invocations at once, the fewest that Lambda allows: AWS's rates are the account-Region's, so more would only wait. */
const maxConcurrency = 2;

/** Source: AWS Lambda Developer Guide, "Creating an SQS event source mapping": six times the timeout, and the window. */
const visibilityTimeout = Duration.seconds(6 * functionTimeout.toSeconds()).plus(batchWindow);

/**
 * Deliveries of a message before it is given up. A node that is starting is delivered every three minutes until it is 20
 * minutes old, 8 times at most; the others are for errors and for a function that is throttled.
 */
const mostDeliveries = 12;

/** A node that started that long ago has been audited by a scheduled run. */
const keepMessages = Duration.days(1);

/** The longest SQS keeps a message. Source: Amazon SQS Developer Guide, "Message quotas". */
const keepGivenUp = Duration.days(14);

/** The queue of instances that changed their state. */
export class AuditQueue extends Construct {
  readonly queue: Queue;
  /** Messages that could not be taken. */
  readonly givenUp: Queue;

  constructor(scope: Construct, id: string, { newNodeDelay }: Pick<Settings, "newNodeDelay">) {
    super(scope, id);
    const secure = { encryption: QueueEncryption.SQS_MANAGED, enforceSSL: true };
    this.givenUp = new Queue(this, "GivenUp", { ...secure, retentionPeriod: keepGivenUp });
    Validations.of(this.givenUp).acknowledge({
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

interface Parts {
  audit: AuditFunction;
  queue: AuditQueue;
  /** Name of the bus that the events come from; the account's default bus when left out. */
  eventBusName?: string | undefined;
}

/** Hands the events of instances that began or ended to the function, after a while and many at once. */
export class AuditEvents extends Construct {
  constructor(scope: Construct, id: string, { audit, queue: { queue }, eventBusName }: Parts) {
    super(scope, id);
    const rule = new Rule(this, "Rule", {
      description: "EC2 instances that began or ended, for the kubelet audit",
      eventPattern: stateChanges,
      ...(eventBusName && { eventBus: EventBus.fromEventBusName(this, "Bus", eventBusName) }),
      // CDK's own target would grant more: reading the queue's attributes, say.
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
      maxConcurrency,
      reportBatchItemFailures: true,
    });
    // Lambda checks the role's permissions when it creates the mapping.
    mapping.node.addDependency(audit.role);
  }
}
