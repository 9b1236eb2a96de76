import { afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { audit } from "../../lambda/audit.ts";
import { readConfig } from "../../lambda/config.ts";
import type { Scope } from "../../lambda/domain/scope.ts";
import { readLedger } from "../../lambda/ledger/store.ts";
import { shardOf } from "../../lambda/run/read-scope.ts";
import { untilHang } from "../kit/hang.ts";
import { id, managed } from "../kit/nodes.ts";
import { simulateTime } from "../kit/simulated-time.ts";
import { usualRules as rules } from "../kit/usual-rules.ts";
import { cluster, environment, ledgerBucket, node, place, type Site, startSite } from "./collect/site.ts";
import { day, hour } from "./ledger/seen.ts";
import { stockEvidence } from "./stock-evidence.ts";

simulateTime();

let good = "";
beforeAll(async () => {
  good = await stockEvidence("al2023");
});

let site: Site;
const fargate = { fargateProfiles: ["all"] };
const nodesOf = (name: string, numbers: readonly number[]) =>
  numbers.map((number) => node(number, { tags: managed(name), behaviour: { prints: good } }));
beforeEach(async () => {
  site = await startSite({
    clusters: [cluster("prod", fargate), cluster("test", fargate)],
    nodes: [...nodesOf("prod", [1, 2, 3, 4, 5, 6]), ...nodesOf("test", [11, 12])],
  });
});
afterEach(() => site.aws.close());

/** The number of findings about `nodes` audited nodes and `clusters` clusters. */
const about = (nodes: number, clusters: number) => nodes * rules.length + clusters;

async function run(scope: Scope, clusters?: string) {
  const until = untilHang();
  const { summary, trouble } = await audit(
    site.clients,
    readConfig({ ...environment, ...(clusters && { CLUSTERS: clusters }) }),
    { id: "run", place, scope, now: site.aws.clock.now, until, publishUntil: until },
  );
  return { ...summary, trouble };
}

/** The subjects of archived findings, as cluster and instance id. */
const archived = () => [
  ...new Set(
    site.aws
      .findings()
      .filter(({ RecordState }) => RecordState === "ARCHIVED")
      .map(({ Id }) => Id.split("/").slice(-2).join("/")),
  ),
];

/** Removes the node; returns its subject in Security Hub, as cluster and instance id. */
function remove(number: number): string {
  site.aws.home.nodes = site.aws.home.nodes.filter((each) => each.id !== id(number));
  return `prod/${id(number)}`;
}

const ledgerOf = async (name: string) => {
  const found = await readLedger({ s3: site.clients.s3, bucket: ledgerBucket, place, now: site.aws.clock.now }, name);
  return "ledger" in found ? found.ledger : new Map();
};

describe("a run of one cluster", () => {
  test("audits only that cluster and changes no finding of existing or deleted other clusters", async () => {
    await run({});
    remove(1);
    site.aws.home.clusters = [cluster("prod", fargate)];
    const { trouble, ...summary } = await run({ cluster: "prod" });
    expect(trouble).toEqual([]);
    expect(summary).toMatchObject({ clusters: 1, nodes: { total: 5, audited: 5 }, sent: { archived: rules.length } });
    expect(archived()).toEqual([`prod/${id(1)}`]);
  });

  test("archives its findings without an error if the cluster was deleted after the run was planned, also in later runs", async () => {
    await run({});
    site.aws.home.clusters = [cluster("test", fargate)];
    const gone = await run({ cluster: "prod" });
    expect(gone).toMatchObject({ trouble: [], clusters: 0, sent: { archived: about(6, 1) } });
    expect(await run({ cluster: "prod" })).toMatchObject({ trouble: [], imported: 0 });
  });

  test("fails with the cluster's name if it never existed", async () => {
    expect(String((await run({ cluster: "pord" })).trouble)).toContain("no EKS cluster pord in us-east-1");
    expect(site.aws.findings()).toEqual([]);
  });

  test("archives its findings if the settings exclude it", async () => {
    await run({});
    const left = await run({ cluster: "prod" }, '{"exclude": ["prod"]}');
    expect(left).toMatchObject({ trouble: [], sent: { archived: about(6, 1) } });
  });
});

describe("shards", () => {
  const [first, second] = [0, 1].map((index): Scope => ({ shard: { index, count: 2 } })) as [Scope, Scope];
  const sizeOf = (index: number) => site.aws.home.nodes.filter((each) => shardOf(each.id, 2) === index).length;

  test("publish the findings of each node once, and only shard 0 publishes the findings of clusters", async () => {
    const [sizes, results] = [[sizeOf(0), sizeOf(1)] as const, [await run(first), await run(second)] as const];
    expect(results.map(({ nodes, imported }) => [nodes.total, imported])).toEqual([
      [sizes[0], about(sizes[0], 2)],
      [sizes[1], about(sizes[1], 0)],
    ]);
    expect(await run({})).toMatchObject({ imported: 0, trouble: [] });
  });

  test("both write the ledger if they run at the same time, and their next runs send nothing", async () => {
    const results = await Promise.all([run(first), run(second)]);
    expect(results.map(({ trouble }) => trouble)).toEqual([[], []]);
    expect((await ledgerOf("prod")).size + (await ledgerOf("test")).size).toBe(6 + 2 + 2);
    const again = await Promise.all([run(first), run(second)]);
    expect(again.map(({ imported }) => imported)).toEqual([0, 0]);
  });

  test("archive nodes that are gone, but only those of their own part", async () => {
    await run({});
    const gone = remove(1);
    const [own, other] = shardOf(id(1), 2) === 0 ? [first, second] : [second, first];
    expect((await run(other)).imported).toBe(0);
    expect(archived()).toEqual([]);
    expect((await run(own)).sent).toMatchObject({ archived: rules.length });
    expect(archived()).toEqual([gone]);
  });

  test("keep the verdicts of a node without a reply for exactly a day while other shards write the ledger", async () => {
    await run({});
    Object.assign(site.aws.node(id(1)), { behaviour: { prints: "" } });
    const statuses: unknown[] = [];
    for (const hours of [1, 12, 12]) {
      site.aws.clock.advance(hours * hour);
      await Promise.all([run(first), run(second)]);
      const ofNode = site.aws.findings().find(({ Id }) => Id.endsWith(id(1)) && Id.includes("client-ca-file"));
      statuses.push(ofNode?.Compliance?.Status);
    }
    expect(statuses).toEqual(["PASSED", "PASSED", "NOT_AVAILABLE"]);
  });

  test("each archive their part of a deleted cluster", async () => {
    await run({});
    site.aws.home.clusters = [];
    site.aws.clock.advance(day);
    const [one, other] = await Promise.all([run({ ...first, cluster: "prod" }), run({ ...second, cluster: "prod" })]);
    const ofProd = (index: number) => [1, 2, 3, 4, 5, 6].filter((number) => shardOf(id(number), 2) === index).length;
    expect(one).toMatchObject({ trouble: [], sent: { archived: about(ofProd(0), 1) } });
    expect(other).toMatchObject({ trouble: [], sent: { archived: about(ofProd(1), 0) } });
    expect(await run({ cluster: "prod" })).toMatchObject({ trouble: [], imported: 0 });
  });
});
