import { afterEach, beforeEach, expect, test } from "vitest";
import { returnMessages } from "../../../lambda/events/return-messages.ts";
import { receiveMessages, sendMessage } from "../../../local-aws/queues.ts";
import { place, type Site, startSite } from "../collect/site.ts";

const arn = `arn:aws:sqs:${place.region}:${place.account}:events`;
const url = `https://sqs.${place.region}.amazonaws.com/${place.account}/events`;

let site: Site;
beforeEach(async () => {
  site = await startSite({});
  const times = { delaySeconds: 0, visibilitySeconds: 930, retentionSeconds: 86_400 };
  site.aws.home.queues.set(arn, { ...times, redrive: undefined, messages: [] });
});
afterEach(() => site.aws.close());

/** Sends and receives `count` messages. */
function receive(count: number) {
  const { clock, home } = site.aws;
  const queue = home.queues.get(arn) ?? expect.fail();
  for (let number = 1; number <= count; number++) sendMessage(queue, `${number}`, clock);
  return receiveMessages(queue, count, clock, home.queues);
}

/** Number of messages that will be visible after `seconds`. */
function visibleAfter(seconds: number): number {
  const { clock, home } = site.aws;
  const until = clock.now() + seconds * 1_000;
  return (home.queues.get(arn)?.messages ?? []).filter(({ visibleAt }) => visibleAt <= until).length;
}

test("the queue delivers the messages again after the given time, with one call for ten messages", async () => {
  const messages = receive(25);
  expect(await returnMessages(site.clients.sqs, url, messages, 180)).toEqual([]);
  expect([visibleAfter(170), visibleAfter(181)]).toEqual([0, 25]);
  expect(site.aws.calls()["sqs:ChangeMessageVisibilityBatch"]).toBe(3);
});

test("makes no call if there are no messages", async () => {
  expect(await returnMessages(site.clients.sqs, url, [], 180)).toEqual([]);
  expect(site.aws.calls()["sqs:ChangeMessageVisibilityBatch"]).toBeUndefined();
});

test("reports a message that is no longer in the queue, and returns the other messages of its call", async () => {
  const [first = expect.fail(), ...others] = receive(5);
  const errors = await returnMessages(site.clients.sqs, url, [{ ...first, receiptHandle: "old" }, ...others], 180);
  expect(errors.map(String)).toEqual([expect.stringContaining("for 1 message (ReceiptHandleIsInvalid)")]);
  expect(visibleAfter(181)).toBe(4);
});

test("reports a failed call, and returns the messages of the other calls", async () => {
  site.aws.faults.push({
    operation: "sqs:ChangeMessageVisibilityBatch",
    error: { code: "AccessDeniedException", message: "User: u is not authorized", status: 403 },
  });
  const errors = await returnMessages(site.clients.sqs, url, receive(25), 180);
  expect(errors.map(String)).toEqual([expect.stringContaining("sqs:ChangeMessageVisibility")]);
  expect([15, 20]).toContain(visibleAfter(181));
});
