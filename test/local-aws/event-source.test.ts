import { beforeEach, describe, expect, test } from "vitest";
import { startClock } from "../../local-aws/clock.ts";
import { type Mapping, pollQueue } from "../../local-aws/event-source.ts";
import type { Queue } from "../../local-aws/holdings.ts";
import { roleWith } from "../../local-aws/iam.ts";
import type { Invoked } from "../../local-aws/lambda.ts";
import { sendMessage } from "../../local-aws/queues.ts";
import type { Fault } from "../../local-aws/traffic.ts";

const queueArn = "arn:aws:sqs:us-east-1:111122223333:events";
const actions = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"];
const allowing = (Action: string[]) => ({
  role: roleWith("function", { Statement: [{ Effect: "Allow", Action, Resource: queueArn }] }),
});
const mapping: Mapping = {
  lambda: allowing(actions),
  queueArn,
  batchSize: 2,
  maxConcurrency: 2,
  reportsFailures: true,
};
const clock = startClock();
const faults: Fault[] = [];

let queue: Queue;
beforeEach(() => {
  queue = { delaySeconds: 0, visibilitySeconds: 60, retentionSeconds: 3_600, messages: [] };
  for (const body of ["one", "two", "three", "four", "five"]) sendMessage(queue, body, clock);
});

interface Payload {
  Records: { messageId: string; body: string }[];
}

/**
 * Polls the queue with a function that returns `respond(id)` for the id of the first message. Returns the bodies of
 * each batch.
 */
async function poll(respond: (id: string) => Partial<Invoked> = () => ({}), source = mapping): Promise<string[][]> {
  const batches: string[][] = [];
  const at = { queues: new Map([[queueArn, queue]]), region: "us-east-1" };
  const invoke = async (payload: unknown) => {
    const { Records } = payload as Payload;
    batches.push(Records.map(({ body }) => body));
    return { log: [], initMilliseconds: 0, runMilliseconds: 0, ...respond(Records[0]?.messageId ?? "") };
  };
  await pollQueue(source, { at, world: { clock }, faults, invoke });
  return batches;
}

const left = () => queue.messages.map(({ body }) => body);
const failures = (...ids: unknown[]) => ({ batchItemFailures: ids.map((itemIdentifier) => ({ itemIdentifier })) });

test("messages reach the function in batches, and are deleted after it succeeds", async () => {
  expect(await poll()).toEqual([["one", "two"], ["three", "four"], ["five"]]);
  expect(left()).toEqual([]);
});

test("at most maxConcurrency invocations take place at the same time", async () => {
  let [running, most] = [0, 0];
  const invoke = async () => {
    running += 1;
    most = Math.max(most, running);
    await new Promise(setImmediate);
    running -= 1;
    return { result: {}, log: [], initMilliseconds: 0, runMilliseconds: 0 };
  };
  const at = { queues: new Map([[queueArn, queue]]), region: "us-east-1" };
  await pollQueue({ ...mapping, batchSize: 1 }, { at, world: { clock }, faults, invoke });
  expect(most).toBe(2);
});

test("messages of a failed or a throttled invocation stay in the queue", async () => {
  const errorType = "Error";
  await poll(() => ({ error: { errorType, errorMessage: "failed" } }), { ...mapping, batchSize: 5 });
  expect(left()).toHaveLength(5);
  clock.advance(60_000);
  faults.push({ operation: "lambda:Invoke" });
  expect(await poll()).toEqual([["three", "four"], ["five"]]);
  expect(left()).toEqual(["one", "two"]);
});

/** Source: AWS Lambda Developer Guide, "Handling errors for an SQS event source in Lambda". */
describe("after a batch,", () => {
  const whole = { ...mapping, batchSize: 5 };

  test.each<[string, (id: string) => unknown, number]>([
    ["only the reported message stays", (id) => failures(id), 1],
    ["all messages stay if the function reports an unknown id", (id) => failures(id, "unknown"), 5],
    ["all messages stay if the function reports an empty id", () => failures(""), 5],
    ["all messages stay if the function reports no id", () => failures(null), 5],
    ["no message stays if the function reports an empty list", () => failures(), 0],
    ["no message stays if the function returns null", () => null, 0],
  ])("%s", async (_, respond, count) => {
    await poll((id) => ({ result: respond(id) }), whole);
    expect(left()).toHaveLength(count);
  });

  test("no message stays without ReportBatchItemFailures", async () => {
    await poll((id) => ({ result: failures(id) }), { ...whole, reportsFailures: false });
    expect(left()).toEqual([]);
  });
});

test.each(actions)("without the permission %s the queue cannot be polled", async (missing) => {
  const lambda = allowing(actions.filter((action) => action !== missing));
  await expect(poll(undefined, { ...mapping, lambda })).rejects.toThrow("does not allow the event source mapping");
});
