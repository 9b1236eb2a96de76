import { describe, expect, test } from "vitest";
import type { Exception } from "../../../lambda/domain/exception.ts";
import { exceptionsOn } from "../../../lambda/judge/excepted.ts";
import { digestOf } from "../../../lambda/securityhub/digest.ts";
import { node as nodeOf, nodeSubject, result, ruleFacts } from "../../kit/results.ts";

const node = nodeOf({
  instanceId: "i-0a",
  group: { kind: "managed node group", name: "batch" },
  tags: { team: "data=eu", "cost=center": "7" },
});
const about = (rule: string, status: "passed" | "failed" | "notAvailable") =>
  result(status, { subject: nodeSubject({ node }), rule: ruleFacts({ id: rule }) });
const exception: Exception = {
  rule: "event-qps",
  scope: { cluster: "prod" },
  reason: "Bursts are wanted here",
  until: "2027-03-31",
};
const lastSecond = Date.parse("2027-03-31T23:59:59Z");

/** A failed event-qps result of the node, before and after exceptions are applied. */
function judged(change: Partial<Exception> = {}, now = lastSecond, of = about("event-qps", "failed")) {
  const exceptions = exceptionsOn([{ ...exception, ...change }], now);
  const [after] = exceptions.of(node, [of]);
  return { after, report: exceptions.report() };
}

describe("an exception with the scope", () => {
  test.each([
    ["the cluster", { cluster: "prod" }, "excepted"],
    ["another cluster", { cluster: "dev" }, "failed"],
    ["the node group", { nodeGroup: "batch" }, "excepted"],
    ["the node group in another cluster", { cluster: "dev", nodeGroup: "batch" }, "failed"],
    ["the node group in its cluster", { cluster: "prod", nodeGroup: "batch" }, "excepted"],
    ["the instance", { instance: "i-0a" }, "excepted"],
    ["another instance", { instance: "i-0b" }, "failed"],
    ["a tag of the instance", { tag: "team=data=eu" }, "excepted"],
    ["a tag with another value", { tag: "team=data" }, "failed"],
    ["a tag with = in its key", { tag: "cost=center=7" }, "excepted"],
    ["a tag that the instance does not have", { tag: "toString=" }, "failed"],
  ])("%s %o makes the result %s", (_, scope, status) => {
    expect(judged({ scope }).after?.status).toBe(status);
  });
});

test("an excepted result still contains the failure, and the exception's reason and end", () => {
  const before = about("event-qps", "failed");
  const exception = { reason: "Bursts are wanted here", until: "2027-03-31" };
  expect(judged().after).toEqual({ ...before, status: "excepted", exception });
});

test("an exception applies until the end of its last day in UTC, and the result fails one second later", () => {
  expect(judged({}, lastSecond).after?.status).toBe("excepted");
  expect(judged({}, lastSecond + 1000).after?.status).toBe("failed");
});

test.each(["passed", "notAvailable"] as const)("a result that is %s is not changed by an exception", (status) => {
  const before = about("event-qps", status);
  expect(judged({}, lastSecond, before).after).toEqual(before);
});

test("the result of a rule that the exception does not name is not changed", () => {
  const before = about("client-ca-file", "failed");
  expect(judged({}, lastSecond, before).after).toEqual(before);
});

test("a new reason or end of an exception changes the finding's digest, so the finding is sent again", () => {
  const digests = [{}, { reason: "Other" }, { until: "2027-04-01" }].map((change) => {
    const { after } = judged(change);
    return after && digestOf(after);
  });
  expect(new Set(digests).size).toBe(3);
});

test("of several matching exceptions the one that ends last applies, and none of them is reported as unused", () => {
  const [narrow, wide] = [
    { ...exception, scope: { instance: "i-0a" }, until: "2027-06-30" },
    { ...exception, until: "2027-04-30" },
  ];
  for (const both of [
    [wide, narrow],
    [narrow, wide],
  ]) {
    const exceptions = exceptionsOn(both, lastSecond);
    const [after] = exceptions.of(node, [about("event-qps", "failed")]);
    expect(after?.exception?.until).toBe("2027-06-30");
    expect(exceptions.report()).toEqual({ holding: 1, expired: [], unused: [] });
  }
});

test("the report counts accepted failures and lists expired and unused exceptions", () => {
  expect(judged().report).toEqual({ holding: 1, expired: [], unused: [] });
  const over = { ...exception, until: "2027-03-30" };
  expect(judged(over).report).toEqual({ holding: 0, expired: [over], unused: [] });
  const elsewhere = { ...exception, scope: { cluster: "dev" } };
  expect(judged(elsewhere).report).toEqual({ holding: 0, expired: [], unused: [elsewhere] });
});
