import { ChangeMessageVisibilityBatchCommand, type SQSClient } from "@aws-sdk/client-sqs";
import { chunk } from "../aws/chunk.ts";
import { inParallel } from "../aws/parallel.ts";
import { counted } from "../text.ts";

/** Maximum number of messages in one call. Source: Amazon SQS API Reference, ChangeMessageVisibilityBatch. */
const messagesPerCall = 10;

/** Maximum number of concurrent calls. */
const callsAtOnce = 5;

/** The queue did not change the visibility timeout of some messages. It delivers them after its own timeout. */
export class MessagesNotReturnedError extends Error {
  override readonly name = "MessagesNotReturnedError";
  constructor(count: number, code: string | undefined) {
    super(
      `The queue rejected a new visibility timeout for ${counted(count, "message")} (${code}), so it delivers them only after its own timeout.`,
    );
  }
}

/**
 * Makes the queue deliver the messages again after `seconds`, because its own visibility timeout is longer.
 * Returns the errors. If a call fails, its messages are delivered again when the queue's own timeout is over.
 */
export async function returnMessages(
  sqs: SQSClient,
  QueueUrl: string,
  messages: readonly { receiptHandle: string }[],
  seconds: number,
): Promise<Error[]> {
  const results = await inParallel(callsAtOnce, chunk(messages, messagesPerCall), async (batch) => {
    const Entries = batch.map(({ receiptHandle }, index) => ({
      Id: `${index}`,
      ReceiptHandle: receiptHandle,
      VisibilityTimeout: seconds,
    }));
    try {
      const { Failed = [] } = await sqs.send(new ChangeMessageVisibilityBatchCommand({ QueueUrl, Entries }));
      return Failed.length > 0 ? [new MessagesNotReturnedError(Failed.length, Failed[0]?.Code)] : [];
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      return [error];
    }
  });
  return results.flat();
}
