import { randomUUID } from "node:crypto";
import { z } from "zod";
import type { EventSource } from "./deploy.ts";
import type { AccountRegion, Queue, World } from "./holdings.ts";
import { mayDo } from "./iam.ts";
import type { Invoked } from "./lambda.ts";
import { deleteMessage, receiveMessages } from "./queues.ts";
import { type Fault, nextFault } from "./traffic.ts";

/** The event source mapping. Only the role of its function is used. */
export type Mapping = Omit<EventSource, "lambda"> & { lambda: Pick<EventSource["lambda"], "role"> };

/** An element of the reply of ListEventSourceMappings. Source: AWS Lambda API Reference. */
export function mappingOf({ lambda, queueArn, batchSize, maxConcurrency }: EventSource) {
  return {
    UUID: randomUUID(),
    EventSourceArn: queueArn,
    FunctionArn: lambda.arn,
    BatchSize: batchSize,
    ScalingConfig: { MaximumConcurrency: maxConcurrency },
    State: "Enabled",
  };
}

interface Polling {
  at: Pick<AccountRegion, "queues" | "region">;
  world: Pick<World, "clock">;
  faults: Fault[];
  invoke(payload: unknown): Promise<Invoked>;
}

/**
 * Invokes the function once for each batch of visible messages, as an event source mapping does, with at most
 * `maxConcurrency` invocations at the same time. Deletes the messages, except those that the function reports as
 * failed. Source: AWS Lambda Developer Guide, "Using Lambda with Amazon SQS".
 */
export async function pollQueue(
  { lambda: { role }, queueArn, batchSize, maxConcurrency, reportsFailures }: Mapping,
  { at, world, faults, invoke }: Polling,
): Promise<Invoked[]> {
  const actions = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"];
  const queue = at.queues.get(queueArn);
  if (!queue || !actions.every((action) => mayDo(role, { action, resource: queueArn })))
    throw new Error(`The function's role does not allow the event source mapping to read ${queueArn}.`);
  const invoked: Invoked[] = [];
  const invokeInTurn = async (): Promise<void> => {
    for (;;) {
      const messages = receiveMessages(queue, batchSize, world.clock, at.queues);
      if (messages.length === 0) return;
      // The invocation was throttled. The messages become visible again after their visibility timeout.
      if (nextFault(faults, "lambda:Invoke")) continue;
      const outcome = await invoke({ Records: messages.map((message) => record(message, queueArn, at.region)) });
      invoked.push(outcome);
      if (outcome.error) continue;
      const failed = reportsFailures ? failuresIn(outcome.result, messages) : new Set();
      for (const { id } of messages) if (!failed.has(id)) deleteMessage(queue, id);
    }
  };
  await Promise.all(Array.from({ length: maxConcurrency }, invokeInTurn));
  return invoked;
}

function record(
  { id, receiptHandle, body, receives, sentAt }: Queue["messages"][number],
  arn: string,
  awsRegion: string,
) {
  return {
    messageId: id,
    receiptHandle,
    body,
    attributes: { ApproximateReceiveCount: `${receives}`, SentTimestamp: `${sentAt}` },
    messageAttributes: {},
    eventSource: "aws:sqs",
    eventSourceARN: arn,
    awsRegion,
  };
}

const responseModel = z.object({
  batchItemFailures: z.array(z.object({ itemIdentifier: z.string().min(1) })).nullish(),
});

/**
 * Ids of failed messages. All messages have failed if the response is invalid or contains another id. Source: AWS
 * Lambda Developer Guide, "Handling errors for an SQS event source in Lambda".
 */
function failuresIn(result: unknown, messages: Queue["messages"]): Set<string> {
  const all = new Set(messages.map(({ id }) => id));
  const { success, data } = responseModel.safeParse(result ?? {});
  const failed = new Set(data?.batchItemFailures?.map(({ itemIdentifier }) => itemIdentifier));
  return success && failed.isSubsetOf(all) ? failed : all;
}
