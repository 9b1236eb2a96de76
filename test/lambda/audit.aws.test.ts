import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { audit } from "../../lambda/audit.ts";
import { readConfig } from "../../lambda/config.ts";
import type { ReasonCode } from "../../lambda/domain/node.ts";
import { writeLedger } from "../../lambda/ledger/store.ts";
import { limitsOf } from "../../lambda/run/deadline.ts";
import { NothingAuditedError, NothingToAuditError } from "../../lambda/run/errors.ts";
import type { EmbeddedNode } from "../../local-aws/initial-region.ts";
import { windowsEvidence } from "../../local-aws/planted-trees.ts";
import { hang } from "../kit/hang.ts";
import { id, managed } from "../kit/nodes.ts";
import fc from "../kit/properties.ts";
import { simulateTime } from "../kit/simulated-time.ts";
import { usualRules as rules } from "../kit/usual-rules.ts";
import {
  cluster,
  type Difference,
  environment,
  ledgerBucket,
  node,
  place,
  type Site,
  startSite,
} from "./collect/site.ts";
import { stockEvidence } from "./stock-evidence.ts";

simulateTime();

let site: Site;
/** What the collector prints on a stock AL2023 node. */
let evidence: string;

beforeAll(async () => {
  site = await startSite({});
  evidence = await stockEvidence("al2023");
});
afterAll(() => site.aws.close());

/** Runs one audit of the current nodes. */
function run({ clusters = '{"include": ["*"]}', time = hang } = {}) {
  const config = readConfig({
    ...environment,
    CLUSTERS: clusters,
    HYBRID: "true",
  });
  return audit(site.clients, config, {
    id: "run",
    place,
    now: Date.now,
    until: Date.now() + time - 30_000,
    publishUntil: Date.now() + time,
  });
}

/** Deletes all findings and ledgers, so that the next run is a first run. */
function forgetAll(): void {
  site.aws.home.findings.clear();
  site.aws.home.buckets.get(ledgerBucket)?.objects.clear();
}

/** A kind of instance and its expected outcome: audited, the reason why it is unreadable, or not a node. */
type Kind = [Difference | "without an agent" | "hybrid", outcome: "audited" | ReasonCode | "no node"];

const linux = { platformType: "Linux", platformName: "Amazon Linux", platformVersion: "2023" } as const;

const windows = { ping: "Online", platformType: "Windows", platformName: "Windows", platformVersion: "10" } as const;

const kinds = (): Record<string, Kind> => ({
  "answers with whole evidence": [{ behaviour: { prints: evidence } }, "audited"],
  "answers with long evidence": [{ behaviour: { prints: evidence + " ".repeat(3_000) } }, "audited"],
  "is a Karpenter node": [{ tags: { "eks:eks-cluster-name": "a" }, behaviour: { prints: evidence } }, "audited"],
  "is self-managed": [{ tags: { "kubernetes.io/cluster/b": "owned" }, behaviour: { prints: evidence } }, "audited"],
  "answers with cut evidence": [{ behaviour: { prints: evidence.slice(0, 800) } }, "EVIDENCE_CUT"],
  "answers nothing": [{ behaviour: { prints: "" } }, "EVIDENCE_MISSING"],
  "answers with something else": [{ behaviour: { prints: "Segmentation fault" } }, "EVIDENCE_ALTERED"],
  fails: [{ behaviour: { prints: evidence, exitCode: 1 } }, "COMMAND_FAILED"],
  hangs: [{ behaviour: "hangs" }, "EXECUTION_TIMED_OUT"],
  "denies access": [{ behaviour: { endsAs: "AccessDenied" } }, "ACCESS_DENIED"],
  "cannot be delivered to": [{ behaviour: { endsAs: "Undeliverable" } }, "UNDELIVERABLE"],
  "has no agent": ["without an agent", "NOT_REGISTERED_WITH_SSM"],
  "lost its connection": [{ agent: { ...linux, ping: "ConnectionLost" } }, "SSM_CONNECTION_LOST"],
  "runs Windows": [{ agent: windows, behaviour: { prints: windowsEvidence } }, "audited"],
  "runs Windows and hangs": [{ agent: windows, behaviour: "hangs" }, "EXECUTION_TIMED_OUT"],
  "runs macOS": [{ agent: { ...linux, ping: "Online", platformType: "MacOS" } }, "UNSUPPORTED_OS"],
  "is hybrid": ["hybrid", "audited"],
  "is stopped": [{ instance: { state: "stopped" } }, "no node"],
  "is run by EKS itself": [{ instance: { operator: "eks.amazonaws.com" } }, "no node"],
  "belongs to an unknown cluster": [{ tags: managed("gone") }, "no node"],
});

function instanceOf(kind: Kind, number: number): EmbeddedNode {
  const [more] = kind;
  const base = { tags: managed(number % 2 ? "a" : "b"), behaviour: { prints: evidence } };
  if (more === "without an agent") {
    const { agent: _, ...without } = node(number, base);
    return without;
  }
  if (more === "hybrid") {
    const EKSClusterARN = `arn:aws:eks:us-east-1:111122223333:cluster/${number % 2 ? "a" : "b"}`;
    const { instance: _, ...outsideOfEc2 } = node(number, { ...base, tags: { EKSClusterARN } });
    return { ...outsideOfEc2, id: id(number).replace("i-", "mi-") };
  }
  return node(number, { ...base, ...more });
}

test("gives every node findings or a reason, and gives no unreadable node a passed finding", async () => {
  const kindsOfNodes = fc.array(fc.constantFrom(...Object.keys(kinds())), { minLength: 1, maxLength: 70 });
  const property = fc.asyncProperty(kindsOfNodes, async (names) => {
    const chosen = names.map((name) => kinds()[name] ?? ["without an agent", "no node"]) satisfies Kind[];
    site.aws.home.clusters = [cluster("a"), cluster("b")];
    site.aws.home.nodes = chosen.map(instanceOf);
    forgetAll();
    const { summary, trouble } = await run();

    const outcomes = chosen.map(([, outcome]) => outcome).filter((outcome) => outcome !== "no node");
    const reasons = outcomes.filter((outcome) => outcome !== "audited");
    const counted = Object.fromEntries(
      [...Map.groupBy(reasons, (reason) => reason)].map(([reason, all]) => [reason, all.length]),
    );
    const audited = outcomes.length - reasons.length;
    expect(summary.nodes).toEqual({ total: outcomes.length, audited, starting: 0, notAuditable: counted });
    for (const { nodes } of summary.perCluster) {
      expect(nodes.audited + Object.values(nodes.notAuditable).reduce((sum, count) => sum + count, 0)).toBe(
        nodes.total,
      );
    }
    expect(summary.perCluster.reduce((sum, { nodes }) => sum + nodes.total, 0)).toBe(outcomes.length);
    expect(trouble.map(({ name }) => name)).toEqual(
      audited === 0 && outcomes.length > 0 ? ["NothingAuditedError"] : [],
    );
    expect(findingsByNode()).toEqual(
      new Map(
        chosen.flatMap(([, outcome], number) =>
          outcome === "no node"
            ? []
            : [[site.aws.home.nodes[number]?.id ?? "", { findings: rules.length, passed: outcome === "audited" }]],
        ),
      ),
    );
  });
  await fc.assert(property, { numRuns: 12 });
});

/** The number of findings of each node in Security Hub, and whether any has passed. */
function findingsByNode(): Map<string, { findings: number; passed: boolean }> {
  const ofNodes = site.aws.findings().filter(({ Id }) => !Id.endsWith("/cluster"));
  return new Map(
    [...Map.groupBy(ofNodes, ({ Id }) => Id.split("/").at(-1) ?? "")].map(([name, all]) => [
      name,
      { findings: all.length, passed: all.some(({ Compliance }) => Compliance?.Status === "PASSED") },
    ]),
  );
}

describe("a run fails", () => {
  test("when the Region has no cluster", async () => {
    site.aws.home.clusters = [];
    site.aws.home.nodes = [];
    expect((await run()).trouble).toEqual([expect.any(NothingToAuditError)]);
  });

  test('when no cluster matches the setting "clusters"', async () => {
    site.aws.home.clusters = [cluster("prod")];
    const { endedBy, trouble } = await run({ clusters: '{"exclude": ["prod"]}' });
    expect(trouble).toEqual([endedBy]);
    expect(endedBy?.message).toMatch(/^Nothing to audit: .* "clusters"/);
  });

  test("when all nodes are unreadable, and publishes the reason of each node", async () => {
    site.aws.home.clusters = [cluster("prod")];
    site.aws.home.nodes = [node(1, { behaviour: { prints: "" } })];
    forgetAll();
    const { summary, trouble } = await run();
    expect(trouble).toEqual([expect.any(NothingAuditedError)]);
    expect(String(trouble[0])).toContain("None of 1 nodes could be audited: 1 EVIDENCE_MISSING");
    expect(summary.imported).toBe(rules.length);
    expect(site.aws.findings()).toHaveLength(rules.length);
  });
});

test("publishes every node of several batches once, and archives the findings of nodes that are gone", async () => {
  const nodes = Array.from({ length: 300 }, (_, number) =>
    instanceOf([{ behaviour: { prints: evidence } }, "audited"], number),
  );
  site.aws.home.clusters = [cluster("a"), cluster("b")];
  site.aws.home.nodes = nodes;
  forgetAll();
  expect((await run()).summary).toMatchObject({ nodes: { total: 300, audited: 300 }, imported: 300 * rules.length });
  site.aws.home.nodes = nodes.slice(3);
  const { summary, trouble } = await run();
  expect(trouble).toEqual([]);
  expect(summary).toMatchObject({ imported: 3 * rules.length, sent: { archived: 3 * rules.length } });
});

test("a run that is out of time changes no finding and returns the nodes that it did not reach", async () => {
  site.aws.home.clusters = [cluster("prod")];
  site.aws.home.nodes = [node(1, { behaviour: { prints: evidence } }), node(2, { behaviour: { prints: evidence } })];
  forgetAll();
  await run();
  const before = site.aws.findings();
  const { summary, outcomes, trouble } = await run({ time: 0 });
  expect(summary.nodes).toEqual({ total: 2, audited: 0, starting: 0, notAuditable: { OUT_OF_TIME: 2 } });
  expect(outcomes.map(({ node: { instanceId } }) => instanceId).sort()).toEqual([id(1), id(2)]);
  expect(trouble.filter(({ name }) => name === "JudgementUnfinishedError").map(String)).toEqual([
    expect.stringContaining("2 nodes"),
  ]);
  expect(site.aws.findings()).toEqual(before);
});

test.each([
  "eks:ListClusters",
  "ec2:DescribeInstances",
  "ssm:DescribeInstanceProperties",
  "s3:ListObjectsV2",
  "s3:GetObject",
])("a run ends in time to write its summary although %s never replies", async (operation) => {
  site.aws.home.clusters = [cluster("a")];
  site.aws.home.nodes = [node(1, { tags: managed("a"), behaviour: { prints: evidence } })];
  site.aws.faults.push({ operation, latency: hang, times: 1_000 });
  // Each of eight attempts of a call may take 30 seconds, so without a deadline a call takes longer than this run.
  const end = Date.now() + 120_000;
  const { trouble } = await audit(site.clients, readConfig(environment), {
    id: "run",
    place,
    now: Date.now,
    ...limitsOf(end),
  });
  site.aws.faults.length = 0;
  expect(Date.now()).toBeLessThan(end - 10_000);
  expect(trouble.map(String)).toContainEqual(expect.stringContaining(operation));
  forgetAll();
});

test("a run over many nodes of one cluster first queries a node that no run has audited", async () => {
  const known = Array.from({ length: 1_000 }, (_, index) => node(index, { tags: managed("a") }));
  const fresh = node(1_000, { tags: managed("a") });
  site.aws.home.clusters = [cluster("a")];
  site.aws.home.nodes = [...known, fresh];
  const passed = { status: "passed", archived: false, digest: "abcde", updatedAt: 5 } as const;
  const findings = new Map([["event-qps", passed]]);
  const ledger = new Map(known.map((each) => [each.id, { createdAt: 5, findings }]));
  await writeLedger({ s3: site.clients.s3, bucket: ledgerBucket, place, now: Date.now }, "a", ledger, {});
  site.aws.home.commands.clear();
  // The time is enough for a few commands, and nothing is published.
  const [until, publishUntil] = [Date.now() + 3_000, Date.now()];
  const scope = { cluster: "a" };
  await audit(site.clients, readConfig(environment), { id: "run", place, scope, now: Date.now, until, publishUntil });
  const [first] = site.aws.home.commands.values();
  expect(first?.invocations.map(({ instanceId }) => instanceId)).toContain(fresh.id);
  forgetAll();
});

test("a run over a cluster without nodes succeeds", async () => {
  site.aws.home.clusters = [cluster("prod", { fargateProfiles: ["all"] })];
  site.aws.home.nodes = [];
  const { summary, trouble } = await run();
  expect(trouble).toEqual([]);
  expect(summary).toMatchObject({
    nodes: { total: 0, audited: 0, starting: 0, notAuditable: {} },
    findings: { notAvailable: 1 },
  });
});

test("archives the findings of a cluster that is deleted while its nodes are queried, and audits the others", async () => {
  site.aws.home.clusters = [cluster("a"), cluster("b")];
  site.aws.home.nodes = [1, 2].map((number) => instanceOf([{ behaviour: { prints: evidence } }, "audited"], number));
  forgetAll();
  await run();
  const meanwhile = () => {
    site.aws.home.clusters = [cluster("a")];
  };
  site.aws.faults.push({ operation: "eks:DescribeCluster", meanwhile });
  const { summary, trouble } = await run();
  expect(trouble).toEqual([]);
  expect(summary).toMatchObject({ clusters: 1, nodes: { total: 1, audited: 1 }, sent: { archived: rules.length } });
  expect(summary.problems).toEqual([
    "cluster b was deleted during the run",
    expect.stringContaining("which EKS does not list here: i-"),
  ]);
});
