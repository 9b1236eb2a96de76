import { describe, expect, test } from "vitest";
import { ownedBy, readScope, refuseForeign, ScopeError, shardOf } from "../../../lambda/run/read-scope.ts";

const place = { partition: "aws", region: "eu-west-1", account: "111122223333" };

test.each([
  ["no input", undefined, {}],
  ["null", null, {}],
  ["an empty input", {}, {}],
  ["our schedule's input", { scheduledTime: "2026-11-26T06:00:00Z" }, {}],
  ["Scheduler's default notification", { source: "aws.scheduler", account: "111122223333", detail: "{}" }, {}],
  ["a cluster", { cluster: "prod" }, { cluster: "prod" }],
  [
    "everything",
    { account: "111122223333", region: "eu-west-1", cluster: "prod", shard: { index: 3, count: 4 } },
    { account: "111122223333", region: "eu-west-1", cluster: "prod", shard: { index: 3, count: 4 } },
  ],
])("readScope accepts %s", (_, event, scope) => {
  expect(readScope(event)).toEqual(scope);
});

test.each([
  ["text", "prod", "expected object"],
  ["a misspelt key", { clusters: "prod" }, '"clusters"'],
  ["an invalid account", { account: "1234" }, "12 digits"],
  ["a cluster without a name", { cluster: "" }, "cluster"],
  ["a shard beyond the last", { shard: { index: 4, count: 4 } }, "less than count"],
  ["a shard without a count", { shard: { index: 0 } }, "count"],
  ["a shard whose index is not a whole number", { shard: { index: 0.5, count: 2 } }, "index"],
])("readScope rejects %s, and the error names it", (_, event, named) => {
  expect(() => readScope(event)).toThrow(ScopeError);
  expect(() => readScope(event)).toThrow(named);
});

test.each([
  ["its account-Region without a scope", true, {}],
  ["its own account and Region", true, { account: place.account, region: place.region }],
  ["another account", false, { account: "999999999999" }],
  ["another Region", false, { region: "us-east-1" }],
])("a function without members audits %s: %s", (_, allowed, scope) => {
  const asked = () => refuseForeign(scope, place);
  if (allowed) expect(asked).not.toThrow();
  else expect(asked).toThrow(/111122223333 in eu-west-1 only/);
});

describe("shards", () => {
  const ids = Array.from({ length: 10_000 }, (_, number) => `i-${number.toString(16).padStart(17, "0")}`);

  test.each([2, 7, 64])("%i shards are about equally large although the ids are consecutive", (count) => {
    const sizes = [...Map.groupBy(ids, (id) => shardOf(id, count)).values()].map((members) => members.length);
    const mean = ids.length / count;
    expect(sizes).toHaveLength(count);
    // Tolerance: four standard deviations of an even distribution.
    for (const size of sizes) expect(Math.abs(size - mean)).toBeLessThan(4 * Math.sqrt(mean));
  });

  test("the shard of an instance never changes", () => {
    const shards = ["i-0b23c45d67e89f012", "i-0d45e67f89a01b234", "mi-0f1e2d3c4b5a69788"].map((id) => shardOf(id, 10));
    expect(shards).toEqual([4, 7, 8]);
  });

  test("each node belongs to one shard, and the clusters belong to shard 0", () => {
    const owners = (subject: string) => [0, 1, 2].filter((index) => ownedBy({ shard: { index, count: 3 } })(subject));
    for (const id of ids.slice(0, 100)) expect(owners(id)).toEqual([shardOf(id, 3)]);
    expect(owners("cluster")).toEqual([0]);
    expect(ownedBy({})("i-0b23c45d67e89f012")).toBe(true);
  });
});
