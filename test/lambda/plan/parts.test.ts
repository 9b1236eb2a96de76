import { expect, test } from "vitest";
import { planParts, shardsFor } from "../../../lambda/plan/parts.ts";
import { place } from "../../kit/results.ts";

const { account, region } = place;
const listed = ["prod-apps", "batch-legacy"];

const parts = (isAudited: (cluster: string) => boolean = () => true, remembered: string[] = []) =>
  planParts(place, { listed, remembered, nodes: new Map() }, isAudited);
const names = (planned: ReturnType<typeof parts>) =>
  planned.map(({ cluster, shard }) => `${cluster} ${shard.index}/${shard.count}`);

test("plans one part for every cluster", () => {
  expect(parts()).toEqual(
    ["batch-legacy", "prod-apps"].map((cluster) => ({ account, region, cluster, shard: { index: 0, count: 1 } })),
  );
});

test.each([
  [0, 1],
  [10_000, 1],
  [10_001, 2],
  [100_000, 10],
])("splits a cluster of %i nodes into %i shards", (nodes, shards) => {
  expect(shardsFor(nodes)).toBe(shards);
});

test("plans a part for a deleted cluster with a ledger, so that its findings are archived", () => {
  expect(names(parts(undefined, ["gone"]))).toEqual(["batch-legacy 0/1", "gone 0/1", "prod-apps 0/1"]);
});

test("plans a part for an excluded cluster only if it has a ledger", () => {
  expect(names(parts((cluster) => cluster === "prod-apps", ["gone"]))).toEqual(["gone 0/1", "prod-apps 0/1"]);
});

test("plans no part when the settings match no cluster", () => {
  expect(parts(() => false, ["gone"])).toEqual([]);
});
