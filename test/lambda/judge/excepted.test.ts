import { describe, expect, test } from "vitest";
import type { Node } from "../../../lambda/domain/node.ts";
import { exceptionsOn } from "../../../lambda/judge/excepted.ts";
import type { Exception } from "../../../lambda/judge/exceptions.ts";
import { digestOf } from "../../../lambda/ledger/digest.ts";
import { finding } from "../ledger/seen.ts";

const node: Node = {
  instanceId: "i-0a",
  arn: "arn:aws:ec2:eu-central-1:111122223333:instance/i-0a",
  cluster: "prod",
  group: { kind: "managed node group", name: "batch" },
  os: "al2023",
  tags: { team: "data=eu", "cost=center": "7" },
};
const exception: Exception = {
  rule: "event-qps",
  scope: { cluster: "prod" },
  reason: "Bursts are wanted here",
  until: "2027-03-31",
};
const lastSecond = Date.parse("2027-03-31T23:59:59Z");

/** What becomes of a failed event-qps finding of the node. */
function judged(change: Partial<Exception> = {}, now = lastSecond, of = finding("i-0a", "event-qps", "FAILED")) {
  const exceptions = exceptionsOn([{ ...exception, ...change }], now);
  const [after] = exceptions.of(node, [of]);
  return { after, report: exceptions.report() };
}

describe("a scope", () => {
  test.each([
    ["the cluster", { cluster: "prod" }, "WARNING"],
    ["another cluster", { cluster: "dev" }, "FAILED"],
    ["the node group", { nodeGroup: "batch" }, "WARNING"],
    ["the node group in another cluster", { cluster: "dev", nodeGroup: "batch" }, "FAILED"],
    ["the node group in its cluster", { cluster: "prod", nodeGroup: "batch" }, "WARNING"],
    ["the instance", { instance: "i-0a" }, "WARNING"],
    ["another instance", { instance: "i-0b" }, "FAILED"],
    ["a tag of the instance", { tag: "team=data=eu" }, "WARNING"],
    ["a tag with another value", { tag: "team=data" }, "FAILED"],
    ["a tag with = in its key", { tag: "cost=center=7" }, "WARNING"],
    ["a tag the instance has not", { tag: "toString=" }, "FAILED"],
  ])("of %s: %o is %s", (_, scope, status) => {
    expect(judged({ scope }).after?.Compliance?.Status).toBe(status);
  });
});

test("an excepted finding is informational and says why, until when, and what is wrong all the same", () => {
  expect(judged().after).toMatchObject({
    Description: "Excepted until 2027-03-31: Bursts are wanted here (as seen)",
    Compliance: {
      Status: "WARNING",
      StatusReasons: [{ ReasonCode: "EXCEPTED", Description: expect.stringContaining("2027-03-31") }],
    },
    FindingProviderFields: { Severity: { Label: "INFORMATIONAL" } },
    ProductFields: { exceptionReason: "Bursts are wanted here", exceptionUntil: "2027-03-31" },
  });
});

test("it holds through its last day in UTC and fails the second after", () => {
  expect(judged({}, lastSecond).after?.Compliance?.Status).toBe("WARNING");
  expect(judged({}, lastSecond + 1000).after?.Compliance?.Status).toBe("FAILED");
});

test.each(["PASSED", "NOT_AVAILABLE"] as const)("a finding that is %s needs no exception", (status) => {
  const before = finding("i-0a", "event-qps", status);
  expect(judged({}, lastSecond, before).after).toEqual(before);
});

test("another rule's finding is left alone", () => {
  const before = finding("i-0a", "client-ca-file", "FAILED");
  expect(judged({}, lastSecond, before).after).toEqual(before);
});

test("a new reason or end changes what the finding says, so it is sent again", () => {
  const digests = [{}, { reason: "Other" }, { until: "2027-04-01" }].map((change) => {
    const { after } = judged(change);
    return after && digestOf(after);
  });
  expect(new Set(digests).size).toBe(3);
});

test("of several that hold the one that ends last counts, and none of them is without use", () => {
  const [narrow, wide] = [
    { ...exception, scope: { instance: "i-0a" }, until: "2027-06-30" },
    { ...exception, until: "2027-04-30" },
  ];
  for (const both of [
    [wide, narrow],
    [narrow, wide],
  ]) {
    const exceptions = exceptionsOn(both, lastSecond);
    const [after] = exceptions.of(node, [finding("i-0a", "event-qps", "FAILED")]);
    expect(after?.ProductFields).toMatchObject({ exceptionUntil: "2027-06-30" });
    expect(exceptions.report()).toEqual({ holding: 1, expired: [], unused: [] });
  }
});

test("the report counts those that hold and names those over and those without use", () => {
  expect(judged().report).toEqual({ holding: 1, expired: [], unused: [] });
  const over = { ...exception, until: "2027-03-30" };
  expect(judged(over).report).toEqual({ holding: 0, expired: [over], unused: [] });
  const elsewhere = { ...exception, scope: { cluster: "dev" } };
  expect(judged(elsewhere).report).toEqual({ holding: 0, expired: [], unused: [elsewhere] });
});
