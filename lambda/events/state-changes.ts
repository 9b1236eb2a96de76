import * as z from "zod";

/** The ids of a message that are needed to return it to the queue. */
export interface Message {
  messageId: string;
  receiptHandle: string;
}

/** A state change of an EC2 instance. It contains no state: the auditor reads the current state from EC2. */
export interface StateChange extends Message {
  account: string;
  region: string;
  instanceId: string;
}

/** The messages of one invocation. */
export interface StateChanges {
  changes: readonly StateChange[];
  /** Messages that do not contain a state change of an instance. */
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

/** Reads the state changes from the function's input. Returns undefined when the input does not come from the queue. */
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
