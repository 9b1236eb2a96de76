import * as z from "zod";

/** A message of the queue, so that it can be sent back. */
export interface Message {
  messageId: string;
  receiptHandle: string;
}

/** An EC2 instance of an account-Region that changed its state. Which state it has now, EC2 knows. */
export interface StateChange extends Message {
  account: string;
  region: string;
  instanceId: string;
}

/** What the event source mapping hands over in one invocation. */
export interface StateChanges {
  changes: readonly StateChange[];
  /** Messages that are not about a state change of an instance. */
  strange: readonly Message[];
}

/** Source: AWS Lambda Developer Guide, "Using Lambda with Amazon SQS". */
const batchSchema = z.object({
  Records: z.array(
    z.object({
      messageId: z.string(),
      receiptHandle: z.string(),
      eventSource: z.literal("aws:sqs"),
      body: z.string(),
    }),
  ),
});

/** Source: Amazon EC2 User Guide, "State change events for your instances". */
const eventSchema = z.object({
  source: z.literal("aws.ec2"),
  "detail-type": z.literal("EC2 Instance State-change Notification"),
  account: z.string().regex(/^\d{12}$/),
  region: z.string().regex(/^[a-z]{2,4}(-[a-z]+)+-\d$/),
  detail: z.object({ "instance-id": z.string().regex(/^i-[\da-f]{8,17}$/) }),
});

const message = z
  .string()
  .transform((text, { addIssue }): unknown => {
    try {
      return JSON.parse(text);
    } catch {
      addIssue("is not JSON");
      return z.NEVER;
    }
  })
  .pipe(eventSchema);

/** The state changes in the function's input; undefined when the input does not come from the queue. */
export function readStateChanges(event: unknown): StateChanges | undefined {
  const batch = batchSchema.safeParse(event);
  if (!batch.success) return undefined;
  const changes: StateChange[] = [];
  const strange: Message[] = [];
  for (const { messageId, receiptHandle, body } of batch.data.Records) {
    const { success, data } = message.safeParse(body);
    if (!success) strange.push({ messageId, receiptHandle });
    else {
      const { account, region, detail } = data;
      changes.push({ messageId, receiptHandle, account, region, instanceId: detail["instance-id"] });
    }
  }
  return { changes, strange };
}
