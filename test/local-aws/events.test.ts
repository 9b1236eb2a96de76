import { describe, expect, test } from "vitest";
import { matches } from "../../local-aws/events.ts";

const event = {
  source: "aws.ec2",
  account: "111122223333",
  resources: ["arn:aws:ec2:us-east-1:111122223333:instance/i-0a", "arn:aws:ec2:us-east-1:111122223333:volume/vol-0a"],
  detail: { state: "running", count: 1, isLast: false, reason: null, tags: [{ key: "a", value: "b" }] },
};

/** Source of the rules: Amazon EventBridge User Guide, "Creating event patterns". */
describe("a pattern matches", () => {
  test.each<[string, object]>([
    ["if it is empty", {}],
    ["one of several values", { source: ["aws.s3", "aws.ec2"] }],
    ["a nested field", { detail: { state: ["running", "terminated"] } }],
    ["all of several fields", { source: ["aws.ec2"], account: ["111122223333"] }],
    ["a prefix", { source: [{ prefix: "aws." }] }],
    ["one element of a list in the event", { resources: [{ prefix: "arn:aws:ec2:us-east-1:111122223333:volume/" }] }],
    ["a field of one object in a list", { detail: { tags: { key: ["a"] } } }],
    ["a number, a boolean and null", { detail: { count: [1], isLast: [false], reason: [null] } }],
  ])("%s", (_, pattern) => {
    expect(matches(pattern, event)).toBe(true);
  });
});

describe("a pattern does not match", () => {
  test.each<[string, object]>([
    ["another value", { detail: { state: ["stopped"] } }],
    ["a value with other capitals", { source: ["AWS.EC2"] }],
    ["if one of several fields differs", { source: ["aws.ec2"], account: ["999988887777"] }],
    ["a field that the event lacks", { region: ["us-east-1"] }],
    ["a nested field if the event has a value there", { source: { name: ["aws.ec2"] } }],
    ["a number that is text in the pattern", { detail: { count: ["1"] } }],
    ["with an empty list", { source: [] }],
  ])("%s", (_, pattern) => {
    expect(matches(pattern, event)).toBe(false);
  });
});

test.each<[string, object, string]>([
  ["an operator that local-aws does not support", { source: [{ suffix: "ec2" }] }, 'event pattern {"suffix":"ec2"}'],
  ["a value that is not in a list", { source: "aws.ec2" }, "must be an object or a list"],
])("%s is an error", (_, pattern, error) => {
  expect(() => matches(pattern, event)).toThrow(error);
});
