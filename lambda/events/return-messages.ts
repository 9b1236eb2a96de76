import { ChangeMessageVisibilityBatchCommand, type SQSClient } from "@aws-sdk/client-sqs";
import { inParallel } from "../aws/parallel.ts";

/** Messages in one call, SQS's most. Source: Amazon SQS API Reference, ChangeMessageVisibilityBatch. */
const messagesPerCall = 10;

/** Calls under way at the same time. */
const callsAtOnce = 5;

/**
 * Has the queue hand out the messages again after `seconds` instead of after its own, much longer, visibility timeout.
 * Returns the errors: a message that the call did not reach comes back later.
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
