import { randomUUID } from "node:crypto";
import type { Clock } from "./clock.ts";
import type { Queue, QueuedMessage } from "./holdings.ts";

/** Adds a message to the queue. It becomes visible after the queue's delay. */
export function sendMessage(queue: Queue, body: string, clock: Clock): void {
  const visibleAt = clock.now() + queue.delaySeconds * 1000;
  queue.messages.push({ id: randomUUID(), receiptHandle: "", body, visibleAt, sentAt: clock.now(), receives: 0 });
}

/**
 * Receives up to `most` visible messages and hides them for the visibility timeout. A message that was received too
 * often goes to the dead-letter queue instead. Source: Amazon SQS Developer Guide, "Using dead-letter queues".
 */
export function receiveMessages(
  queue: Queue,
  most: number,
  clock: Clock,
  queues: ReadonlyMap<string, Queue>,
): QueuedMessage[] {
  const now = clock.now();
  queue.messages = queue.messages.filter(({ sentAt }) => now - sentAt < queue.retentionSeconds * 1000);
  const received: QueuedMessage[] = [];
  for (const message of queue.messages.filter(({ visibleAt }) => visibleAt <= now)) {
    if (received.length === most) break;
    if (queue.redrive && message.receives >= queue.redrive.maxReceiveCount) {
      deleteMessage(queue, message.id);
      queues.get(queue.redrive.deadLetterTargetArn)?.messages.push({ ...message, receives: 0 });
      continue;
    }
    message.receives += 1;
    message.receiptHandle = randomUUID();
    message.visibleAt = now + queue.visibilitySeconds * 1000;
    received.push(message);
  }
  return received;
}

export function deleteMessage(queue: Queue, id: string): void {
  queue.messages = queue.messages.filter((message) => message.id !== id);
}
