import { afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { audit } from "../../lambda/audit.ts";
import { readConfig } from "../../lambda/config.ts";
import type { Scope } from "../../lambda/domain/scope.ts";
import { readLedger } from "../../lambda/ledger/store.ts";
import { rules } from "../../lambda/rules/index.ts";
import { shardOf } from "../../lambda/run/read-scope.ts";
import { untilHang } from "../kit/hang.ts";
import { cluster, environment, id, ledgerBucket, managed, node, place, type Site, startSite } from "./collect/fleet.ts";
import { day, hour } from "./ledger/seen.ts";
import { stockEvidence } from "./stock-evidence.ts";

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

/** Findings of so many nodes and clusters. */
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

/** What is archived, by cluster and subject. */
const archived = () => [
  ...new Set(
    site.aws
      .findings()
      .filter(({ RecordState }) => RecordState === "ARCHIVED")
      .map(({ Id }) => Id.split("/").slice(-2).join("/")),
  ),
];

/** The node leaves; returns how Security Hub will know it. */
function remove(number: number): string {
  site.aws.fleet.nodes = site.aws.fleet.nodes.filter((each) => each.id !== id(number));
  return `prod/${id(number)}`;
}

const ledgerOf = async (name: string) => {
  const found = await readLedger({ s3: site.clients.s3, bucket: ledgerBucket, place, now: site.aws.clock.now }, name);
  return "ledger" in found ? found.ledger : new Map();
};

describe("one cluster", () => {
  test("only it is audited, and nothing is said of others, whether they exist or not", async () => {
    await run({});
    remove(1);
    site.aws.fleet.clusters = [cluster("prod", fargate)];
    const { trouble, ...summary } = await run({ cluster: "prod" });
    expect(trouble).toEqual([]);
    expect(summary).toMatchObject({ clusters: 1, nodes: { total: 5, audited: 5 }, sent: { archived: rules.length } });
    expect(archived()).toEqual([`prod/${id(1)}`]);
  });

  test("that was deleted since the run was planned: its findings are archived, again and again without an error", async () => {
    await run({});
    site.aws.fleet.clusters = [cluster("test", fargate)];
    const gone = await run({ cluster: "prod" });
    expect(gone).toMatchObject({ trouble: [], clusters: 0, sent: { archived: about(6, 1) } });
    expect(await run({ cluster: "prod" })).toMatchObject({ trouble: [], imported: 0 });
  });

  test("that there never was: the run says so", async () => {
    expect(String((await run({ cluster: "pord" })).trouble)).toContain("no EKS cluster pord in us-east-1");
    expect(site.aws.findings()).toEqual([]);
  });

  test("that the settings leave out: its findings are archived", async () => {
    await run({});
    const left = await run({ cluster: "prod" }, '{"exclude": ["prod"]}');
    expect(left).toMatchObject({ trouble: [], sent: { archived: about(6, 1) } });
  });
});

describe("shards", () => {
  const [first, second] = [0, 1].map((index): Scope => ({ shard: { index, count: 2 } })) as [Scope, Scope];
  const sizeOf = (index: number) => site.aws.fleet.nodes.filter((each) => shardOf(each.id, 2) === index).length;

  test("each says its part once, the first one about the clusters too, and together they say all", async () => {
    const [sizes, results] = [[sizeOf(0), sizeOf(1)] as const, [await run(first), await run(second)] as const];
    expect(results.map(({ nodes, imported }) => [nodes.total, imported])).toEqual([
      [sizes[0], about(sizes[0], 2)],
      [sizes[1], about(sizes[1], 0)],
    ]);
    expect(await run({})).toMatchObject({ imported: 0, trouble: [] });
  });

  test("two at once converge: both are remembered, and nothing is left to send", async () => {
    const results = await Promise.all([run(first), run(second)]);
    expect(results.map(({ trouble }) => trouble)).toEqual([[], []]);
    expect((await ledgerOf("prod")).size + (await ledgerOf("test")).size).toBe(6 + 2 + 2);
    const again = await Promise.all([run(first), run(second)]);
    expect(again.map(({ imported }) => imported)).toEqual([0, 0]);
  });

  test("a node that is gone is archived by its own shard alone", async () => {
    await run({});
    const gone = remove(1);
    const [own, other] = shardOf(id(1), 2) === 0 ? [first, second] : [second, first];
    expect((await run(other)).imported).toBe(0);
    expect(archived()).toEqual([]);
    expect((await run(own)).sent).toMatchObject({ archived: rules.length });
    expect(archived()).toEqual([gone]);
  });

  test("a node that fell silent is waited for a day and no longer, though other shards write the ledger meanwhile", async () => {
    await run({});
    Object.assign(site.aws.node(id(1)), { behaviour: { prints: "" } });
    const told: unknown[] = [];
    for (const hours of [1, 12, 12]) {
      site.aws.clock.advance(hours * hour);
      await Promise.all([run(first), run(second)]);
      const ofNode = site.aws.findings().find(({ Id }) => Id.endsWith(id(1)) && Id.includes("client-ca-file"));
      told.push(ofNode?.Compliance?.Status);
    }
    expect(told).toEqual(["PASSED", "PASSED", "NOT_AVAILABLE"]);
  });

  test("of a cluster that is gone each archives its part", async () => {
    await run({});
    site.aws.fleet.clusters = [];
    site.aws.clock.advance(day);
    const [one, other] = await Promise.all([run({ ...first, cluster: "prod" }), run({ ...second, cluster: "prod" })]);
    const ofProd = (index: number) => [1, 2, 3, 4, 5, 6].filter((number) => shardOf(id(number), 2) === index).length;
    expect(one).toMatchObject({ trouble: [], sent: { archived: about(ofProd(0), 1) } });
    expect(other).toMatchObject({ trouble: [], sent: { archived: about(ofProd(1), 0) } });
    expect(await run({ cluster: "prod" })).toMatchObject({ trouble: [], imported: 0 });
  });
});
