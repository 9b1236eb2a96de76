import { z } from "zod";
import { AwsError } from "./errors.ts";
import type { AccountRegion, Queue } from "./holdings.ts";
import { operation } from "./operation.ts";
import type { Service } from "./service.ts";

/**
 * Maximum entries of one call, and maximum visibility timeout in seconds. Source: Amazon SQS API Reference,
 * ChangeMessageVisibilityBatch.
 */
const entriesPerCall = 10;
const longestVisibility = 43_200;

const changeVisibility = z.object({
  QueueUrl: z.url(),
  Entries: z.array(
    z.object({
      Id: z.string().regex(/^[\w-]{1,80}$/),
      ReceiptHandle: z.string(),
      VisibilityTimeout: z.number().int().min(0).max(longestVisibility),
    }),
  ),
});

export const sqs: Service = {
  name: "sqs",
  protocol: { kind: "json", target: "AmazonSQS" },
  invalidInput: "InvalidParameterValue",
  throttled: { code: "RequestThrottled", status: 403, message: "Request is throttled." },
  operations: {
    ChangeMessageVisibilityBatch: operation(changeVisibility, ({ QueueUrl, Entries }, { at, world }) => {
      if (Entries.length > entriesPerCall)
        throw new AwsError("TooManyEntriesInBatchRequest", "Maximum number of entries per request are 10.");
      const queue = queueAt(at, QueueUrl);
      const changed = Entries.map(({ Id, ReceiptHandle, VisibilityTimeout }) => {
        const message = queue.messages.find(({ receiptHandle }) => receiptHandle === ReceiptHandle);
        if (!message) return { failed: { Id, SenderFault: true, Code: "ReceiptHandleIsInvalid" } };
        message.visibleAt = world.clock.now() + VisibilityTimeout * 1000;
        return { done: { Id } };
      });
      return {
        Successful: changed.flatMap(({ done }) => done ?? []),
        Failed: changed.flatMap(({ failed }) => failed ?? []),
      };
    }),
  },
};

function queueAt(at: AccountRegion, url: string): Queue {
  const queue = at.queues.get(queueArn(at, url));
  if (!queue) throw new AwsError("QueueDoesNotExist", "The specified queue does not exist.");
  return queue;
}

/** Converts the URL of a queue to its ARN. */
export function queueArn({ partition, region, account }: AccountRegion, url: string): string {
  return `arn:${partition}:sqs:${region}:${account}:${url.split("/").at(-1)}`;
}
