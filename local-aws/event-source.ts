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
 * Invokes the function once for each batch of visible messages, as an event source mapping does. Deletes the messages,
 * except
 * those that the function reports as failed. Source: AWS Lambda Developer Guide, "Using Lambda with Amazon SQS".
 */
export async function pollQueue(
  { lambda: { role }, queueArn, batchSize, reportsFailures }: EventSource,
  { at, world, faults, invoke }: Polling,
): Promise<Invoked[]> {
  const actions = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"];
  const queue = at.queues.get(queueArn);
  if (!queue || !actions.every((action) => mayDo(role, { action, resource: queueArn })))
    throw new Error(`The function's role does not allow the event source mapping to read ${queueArn}.`);
  const invoked: Invoked[] = [];
  for (;;) {
    const messages = receiveMessages(queue, batchSize, world.clock, at.queues);
    if (messages.length === 0) return invoked;
    // The invocation was throttled. The messages become visible again after their visibility timeout.
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

/** Ids of failed messages. Source: AWS Lambda Developer Guide, "Implementing partial batch responses". */
function failuresIn(result: unknown): Set<string> {
  const { batchItemFailures = [] } = (result ?? {}) as { batchItemFailures?: { itemIdentifier: string }[] };
  return new Set(batchItemFailures.map(({ itemIdentifier }) => itemIdentifier));
}
