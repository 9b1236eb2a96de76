import { describe, expect, test } from "vitest";
import { readStateChanges } from "../../../lambda/events/state-changes.ts";

/** Source: Amazon EC2 User Guide, "State change events for your instances". */
const event = {
  version: "0",
  id: "7bf73129-1428-4cd3-a780-95db273d1602",
  "detail-type": "EC2 Instance State-change Notification",
  source: "aws.ec2",
  account: "111122223333",
  time: "2026-11-27T12:00:00Z",
  region: "us-east-1",
  resources: ["arn:aws:ec2:us-east-1:111122223333:instance/i-0123456789abcdef0"],
  detail: { "instance-id": "i-0123456789abcdef0", state: "running" },
};

const record = (body: string, messageId = "m-1") => ({
  messageId,
  receiptHandle: `handle of ${messageId}`,
  body,
  eventSource: "aws:sqs",
  awsRegion: "us-east-1",
});
const read = (body: string) => readStateChanges({ Records: [record(body)] });
const strange = { changes: [], strange: [{ messageId: "m-1", receiptHandle: "handle of m-1" }] };

test("reads account, Region and instance, and ignores the state, which may be outdated", () => {
  expect(read(JSON.stringify(event))).toEqual({
    changes: [
      {
        messageId: "m-1",
        receiptHandle: "handle of m-1",
        account: "111122223333",
        region: "us-east-1",
        instanceId: "i-0123456789abcdef0",
      },
    ],
    strange: [],
  });
});

test.each(["us-gov-west-1", "cn-north-1", "us-iso-east-1", "eusc-de-east-1", "ap-southeast-4"])(
  "accepts the Region %s",
  (region) => {
    expect(read(JSON.stringify({ ...event, region }))?.changes).toMatchObject([{ region }]);
  },
);

test("accepts an instance id of the old, short form", () => {
  const detail = { "instance-id": "i-1a2b3c4d", state: "terminated" };
  expect(read(JSON.stringify({ ...event, detail }))?.changes).toMatchObject([{ instanceId: "i-1a2b3c4d" }]);
});

describe("returns under `strange` a message", () => {
  test.each<[string, string]>([
    ["that is empty", ""],
    ["that is not JSON", "{"],
    ["that is null", "null"],
    ["that is a list", JSON.stringify([event])],
    ["of another source", JSON.stringify({ ...event, source: "aws.autoscaling" })],
    ["of another type", JSON.stringify({ ...event, "detail-type": "EC2 Spot Instance Interruption Warning" })],
    ["without details", JSON.stringify({ ...event, detail: undefined })],
    ["with an account that is not 12 digits", JSON.stringify({ ...event, account: "111122223333/../admin" })],
    ["with a Region that is a host name", JSON.stringify({ ...event, region: "evil.example.com/#-1" })],
    ["with two Regions in the field", JSON.stringify({ ...event, region: "us-east-1\nus-east-1" })],
    ["with an id of another resource", JSON.stringify({ ...event, detail: { "instance-id": "mi-0123456789abcdef0" } })],
    ["with a wildcard as id", JSON.stringify({ ...event, detail: { "instance-id": "i-*" } })],
    ["with a list of ids", JSON.stringify({ ...event, detail: { "instance-id": ["i-0123456789abcdef0"] } })],
    ["nested a thousand times", `${"[".repeat(1_000)}${"]".repeat(1_000)}`],
  ])("%s", (_, body) => {
    expect(read(body)).toEqual(strange);
  });
});

test("a strange message does not affect the others of its batch", () => {
  const Records = [record("{}", "m-1"), record(JSON.stringify(event), "m-2"), record("?", "m-3")];
  const { changes = [], strange: others = [] } = readStateChanges({ Records }) ?? {};
  expect(changes.map(({ messageId }) => messageId)).toEqual(["m-2"]);
  expect(others.map(({ messageId }) => messageId)).toEqual(["m-1", "m-3"]);
});

test.each<[string, unknown]>([
  ["nothing", undefined],
  ["an empty object", {}],
  ["the input of the schedule", { scheduledTime: "2026-11-27T12:00:00Z" }],
  ["records of SNS", { Records: [{ ...record("{}"), eventSource: "aws:sns" }] }],
  ["the event itself", event],
])("returns undefined for %s, which is not from the queue", (_, input) => {
  expect(readStateChanges(input)).toBeUndefined();
});
