import { ChangeMessageVisibilityBatchCommand, type SQSClient } from "@aws-sdk/client-sqs";
import { inParallel } from "../aws/parallel.ts";

/** Maximum number of messages in one call. Source: Amazon SQS API Reference, ChangeMessageVisibilityBatch. */
const messagesPerCall = 10;

/** Maximum number of concurrent calls. */
const callsAtOnce = 5;

/**
 * Makes the queue deliver the messages again after `seconds`, because its own visibility timeout is much longer. Returns the
 * errors. If a call fails, its messages are delivered again when the queue's own timeout is over.
 */
export async function returnMessages(
  sqs: SQSClient,
  QueueUrl: string,
  messages: readonly { receiptHandle: string }[],
  seconds: number,
): Promise<Error[]> {
  const calls = Array.from({ length: Math.ceil(messages.length / messagesPerCall) }, (_, call) =>
    messages.slice(call * messagesPerCall, (call + 1) * messagesPerCall),
  );
  const results = await inParallel(callsAtOnce, calls, async (batch) => {
    const Entries = batch.map(({ receiptHandle }, index) => ({
      Id: `${index}`,
      ReceiptHandle: receiptHandle,
      VisibilityTimeout: seconds,
    }));
    try {
      await sqs.send(new ChangeMessageVisibilityBatchCommand({ QueueUrl, Entries }));
      return [];
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      return [error];
    }
  });
  return results.flat();
}
