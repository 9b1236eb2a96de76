import type { EventSource } from "./deploy.ts";
import type { AccountRegion, Queue, World } from "./holdings.ts";
import { mayDo } from "./iam.ts";
import type { Invoked } from "./lambda.ts";
import { deleteMessage, receiveMessages } from "./queues.ts";
import { type Fault, nextFault } from "./traffic.ts";

interface Polling {
  at: AccountRegion;
  world: World;
  faults: Fault[];
  invoke(payload: unknown): Promise<Invoked>;
}

/**
 * Takes the messages that are visible, batch by batch, as an event source mapping does: one pass. Messages that the function
 * did not take stay in the queue. Source: AWS Lambda Developer Guide, "Using Lambda with Amazon SQS".
 */
export async function pollQueue(
  { lambda: { role }, queueArn, batchSize, reportsFailures }: EventSource,
  { at, world, faults, invoke }: Polling,
): Promise<Invoked[]> {
  const actions = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"];
  const queue = at.queues.get(queueArn);
  if (!queue || !actions.every((action) => mayDo(role, { action, resource: queueArn })))
    throw new Error(`the event source mapping may not read ${queueArn}`);
  const invoked: Invoked[] = [];
  for (;;) {
    const messages = receiveMessages(queue, batchSize, world.clock, at.queues);
    if (messages.length === 0) return invoked;
    // A function that is throttled was not invoked; the messages come back when their visibility timeout is over.
    if (nextFault(faults, "lambda:Invoke")) continue;
    const outcome = await invoke({ Records: messages.map((message) => record(message, queueArn, at.region)) });
    invoked.push(outcome);
    if (outcome.error) continue;
    const failed = reportsFailures ? failuresIn(outcome.result) : new Set();
    for (const { id } of messages) if (!failed.has(id)) deleteMessage(queue, id);
  }
}

function record({ id, receiptHandle, body, receives }: Queue["messages"][number], arn: string, awsRegion: string) {
  return {
    messageId: id,
    receiptHandle,
    body,
    attributes: { ApproximateReceiveCount: `${receives}` },
    messageAttributes: {},
    eventSource: "aws:sqs",
    eventSourceARN: arn,
    awsRegion,
  };
}

/** Source: the same, "Implementing partial batch responses". */
function failuresIn(result: unknown): Set<string> {
  const { batchItemFailures = [] } = (result ?? {}) as { batchItemFailures?: { itemIdentifier: string }[] };
  return new Set(batchItemFailures.map(({ itemIdentifier }) => itemIdentifier));
}
