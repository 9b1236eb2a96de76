/** Runs whose list of instances has several pages. EC2 returns 1,000 instances on a page. */
import { afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { audit } from "../../lambda/audit.ts";
import { readConfig } from "../../lambda/config.ts";
import type { Scope } from "../../lambda/domain/scope.ts";
import { hang } from "../kit/hang.ts";
import { managed } from "../kit/nodes.ts";
import { simulateTime } from "../kit/simulated-time.ts";
import { usualRules } from "../kit/usual-rules.ts";
import { cluster, environment, node, place, type Site, startSite, whole } from "./collect/site.ts";
import { stockEvidence } from "./stock-evidence.ts";

simulateTime();

let evidence: string;
let site: Site;

beforeAll(async () => {
  evidence = await stockEvidence("al2023");
});
beforeEach(async () => {
  const ofCluster = (number: number) => (number < 600 ? "a" : "b");
  const nodes = Array.from({ length: 1_120 }, (_, number) =>
    // Judging evidence takes long, so only one node of each cluster prints it.
    node(number, {
      tags: managed(ofCluster(number)),
      behaviour: { prints: number % 600 === 0 ? evidence : whole("nothing") },
    }),
  );
  // Two nodes of the first page have no agent.
  for (const number of [3, 700]) delete nodes[number]?.agent;
  site = await startSite({ clusters: [cluster("a"), cluster("b")], nodes });
});
afterEach(() => site.aws.close());

/** One rule is on, so that the nodes have few findings. */
const kept = "node-auditable";
const off = usualRules.filter(({ id }) => id !== kept).map(({ id }) => [id, "off"]);

function run({ scope, documentSha256 }: { scope?: Scope; documentSha256?: string } = {}) {
  const config = readConfig({ ...environment, RULES: JSON.stringify(Object.fromEntries(off)) });
  return audit(
    site.clients,
    { ...config, ...(documentSha256 && { documentSha256 }) },
    {
      id: "run",
      place,
      ...(scope && { scope }),
      now: Date.now,
      until: Date.now() + hang - 30_000,
      publishUntil: Date.now() + hang,
    },
  );
}

/** Number of nodes in the commands so far. */
const queried = () => [...site.aws.home.commands.values()].flatMap(({ invocations }) => invocations).length;

/** Notes the number of queried nodes when EC2 gets the request for the second page, ten seconds after the first one. */
function watchSecondPage() {
  const seen: number[] = [];
  const meanwhile = () => seen.push(queried());
  site.aws.faults.push({ operation: "ec2:DescribeInstances", after: 1, latency: 10_000, meanwhile });
  return seen;
}

test("queries nodes while EC2 lists the others, each node once and with no further command", async () => {
  const seen = watchSecondPage();
  const { summary, trouble } = await run();
  expect(trouble).toEqual([]);
  // Full commands only: 550 of the 599 nodes of "a", and 350 of the 399 nodes of "b" on the page.
  expect(seen).toEqual([900]);
  expect(queried()).toBe(1_118);
  expect(summary).toMatchObject({
    nodes: { total: 1_120, audited: 2, notAuditable: { NOT_REGISTERED_WITH_SSM: 2, EVIDENCE_ALTERED: 1_116 } },
    imported: 1_120,
    calls: { "ssm:SendCommand": 23, "ssm:ListCommandInvocations": 23 },
  });
});

test("a shard queries only its own nodes while EC2 lists the others", async () => {
  const seen = watchSecondPage();
  const { summary, outcomes } = await run({ scope: { shard: { index: 1, count: 2 } } });
  const { total, notAuditable } = summary.nodes;
  expect(seen[0]).toBeGreaterThan(0);
  expect(total).toBeGreaterThan(500);
  expect(total).toBeLessThan(620);
  expect(queried()).toBe(total - (notAuditable.NOT_REGISTERED_WITH_SSM ?? 0));
  expect(outcomes).toHaveLength(total);
});

test("audits a node once that EC2 lists on two pages", async () => {
  const seen = watchSecondPage();
  site.aws.faults.push({ operation: "ec2:DescribeInstances", page: "again" });
  const { summary, trouble } = await run();
  expect(trouble).toEqual([]);
  expect(seen).toHaveLength(1);
  expect(queried()).toBe(1_118);
  expect(summary).toMatchObject({ nodes: { total: 1_120 }, imported: 1_120 });
});

test("publishes nothing and ends with the error if EC2 fails after the first page", async () => {
  const error = { code: "UnauthorizedOperation", status: 403, message: "You are not authorized." };
  // The SDK may repeat the request.
  site.aws.faults.push({ operation: "ec2:DescribeInstances", after: 1, times: 8, latency: 10_000, error });
  const { summary, endedBy, trouble } = await run();
  expect(endedBy?.message).toContain("ec2:DescribeInstances");
  expect(trouble).toEqual([endedBy]);
  expect(summary).toMatchObject({ nodes: { total: 0, audited: 0 }, imported: 0 });
  expect(site.aws.findings()).toEqual([]);
});

test("queries the nodes of a page whose registrations SSM lists later", async () => {
  site.aws.faults.push({ operation: "ssm:DescribeInstanceProperties", latency: 20_000 });
  const seen = watchSecondPage();
  const { summary, trouble } = await run();
  expect(trouble).toEqual([]);
  expect(seen).toEqual([0]);
  expect(summary).toMatchObject({ nodes: { total: 1_120 }, imported: 1_120 });
});

test("sends no command if no version of the document has the deployed content", async () => {
  const { endedBy } = await run({ documentSha256: "0".repeat(64) });
  expect(endedBy?.name).toBe("DocumentChangedError");
  expect(queried()).toBe(0);
});

test("audits the other nodes if a cluster is deleted after its first nodes were queried", async () => {
  const meanwhile = () => {
    site.aws.home.clusters = [cluster("b")];
  };
  site.aws.faults.push({ operation: "eks:DescribeCluster", latency: 5_000, meanwhile });
  const seen = watchSecondPage();
  const { summary, trouble } = await run();
  expect(trouble).toEqual([]);
  expect(seen).toEqual([900]);
  expect(summary).toMatchObject({ clusters: 1, nodes: { total: 520 }, imported: 520 });
  expect(summary.problems).toContain("cluster a was deleted during the run");
});
