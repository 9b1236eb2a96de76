import { afterAll, beforeAll, expect, test } from "vitest";
import { writeLedger } from "../../../lambda/ledger/store.ts";
import { planParts, shardsFor } from "../../../lambda/plan/parts.ts";
import { sampleFleet } from "../../../local-aws/sample-fleet.ts";
import { type LocalAws, startLocalAws } from "../../../local-aws/server.ts";
import { clients } from "../../local-aws/clients.ts";

const home = { partition: "aws", account: "111122223333", region: "us-east-1" };
let aws: LocalAws;

beforeAll(async () => {
  aws = await startLocalAws({ fleet: sampleFleet() });
  aws.fleet.buckets.set("ledgers", { versioned: true, objects: new Map() });
});
afterAll(() => aws.close());

const parts = (isAudited: (cluster: string) => boolean = () => true) => {
  const { ec2, eks, s3 } = clients(aws);
  return planParts({ ec2, eks }, { s3, bucket: "ledgers", home }, isAudited);
};
const names = (planned: Awaited<ReturnType<typeof parts>>) =>
  planned.map(({ cluster, shard }) => `${cluster} ${shard.index}/${shard.count}`);

test("every cluster is a part", async () => {
  expect(await parts()).toEqual(
    ["batch-legacy", "prod-apps"].map((cluster) => ({
      account: home.account,
      region: home.region,
      cluster,
      shard: { index: 0, count: 1 },
    })),
  );
});

test.each([
  [0, 1],
  [10_000, 1],
  [10_001, 2],
  [100_000, 10],
])("a cluster of %i nodes is audited in %i", (nodes, shards) => {
  expect(shardsFor(nodes)).toBe(shards);
});

test("a cluster that is gone is a part as long as there is a ledger of it, so that its findings get archived", async () => {
  const store = { s3: clients(aws).s3, bucket: "ledgers", home, now: Date.now };
  await writeLedger(store, "gone", new Map(), {});
  expect(names(await parts())).toEqual(["batch-legacy 0/1", "gone 0/1", "prod-apps 0/1"]);
});

test("what the settings leave out is no part, unless there is a ledger of it", async () => {
  expect(names(await parts((cluster) => cluster === "prod-apps"))).toEqual(["gone 0/1", "prod-apps 0/1"]);
});

test("settings that let none of the clusters in archive nothing", async () => {
  expect(await parts(() => false)).toEqual([]);
});
