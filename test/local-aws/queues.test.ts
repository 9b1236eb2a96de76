import { beforeEach, expect, test } from "vitest";
import { type Clock, startClock } from "../../local-aws/clock.ts";
import type { Queue } from "../../local-aws/holdings.ts";
import { deleteMessage, receiveMessages, sendMessage } from "../../local-aws/queues.ts";

const times = { delaySeconds: 300, visibilitySeconds: 60, retentionSeconds: 3_600 };
const deadLettersArn = "arn:aws:sqs:us-east-1:111122223333:dead-letters";

let clock: Clock;
let queue: Queue;
let deadLetters: Queue;
beforeEach(() => {
  clock = startClock();
  queue = { ...times, redrive: { deadLetterTargetArn: deadLettersArn, maxReceiveCount: 2 }, messages: [] };
  deadLetters = { ...times, messages: [] };
});

function receiveAfter(seconds: number, most = 10): string[] {
  clock.advance(seconds * 1_000);
  return receiveMessages(queue, most, clock, new Map([[deadLettersArn, deadLetters]])).map(({ body }) => body);
}

test("a message is visible after the delay, and again after the visibility timeout unless it was deleted", () => {
  sendMessage(queue, "one", clock);
  sendMessage(queue, "two", clock);
  expect(receiveAfter(299)).toEqual([]);
  expect(receiveAfter(1)).toEqual(["one", "two"]);
  expect(receiveAfter(59)).toEqual([]);
  deleteMessage(queue, queue.messages[0]?.id ?? "");
  expect(receiveAfter(1)).toEqual(["two"]);
});

test("a receive returns at most the requested number of messages", () => {
  for (const body of ["one", "two", "three"]) sendMessage(queue, body, clock);
  expect(receiveAfter(300, 2)).toEqual(["one", "two"]);
  expect(receiveAfter(0, 2)).toEqual(["three"]);
});

test("a message gets another receipt handle each time it is received", () => {
  sendMessage(queue, "one", clock);
  receiveAfter(300);
  const [{ receiptHandle = "" } = {}] = queue.messages;
  receiveAfter(60);
  expect(queue.messages[0]?.receiptHandle).not.toBe(receiptHandle);
});

test("a message that was received maxReceiveCount times goes to the dead-letter queue", () => {
  sendMessage(queue, "one", clock);
  expect([receiveAfter(300), receiveAfter(60), receiveAfter(60)]).toEqual([["one"], ["one"], []]);
  expect([queue.messages, deadLetters.messages.map(({ body }) => body)]).toEqual([[], ["one"]]);
});

test("a message disappears after the retention period", () => {
  sendMessage(queue, "one", clock);
  expect(receiveAfter(3_600)).toEqual([]);
  expect(queue.messages).toEqual([]);
});
