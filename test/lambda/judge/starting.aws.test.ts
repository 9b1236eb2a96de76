import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { audit } from "../../../lambda/audit.ts";
import { readConfig } from "../../../lambda/config.ts";
import { NothingAuditedError } from "../../../lambda/run/errors.ts";
import { untilHang } from "../../kit/hang.ts";
import { id } from "../../kit/nodes.ts";
import { simulateTime } from "../../kit/simulated-time.ts";
import { environment, ledgerBucket, node, place, type Site, startSite } from "../collect/site.ts";
import { stockEvidence } from "../stock-evidence.ts";

simulateTime();

let site: Site;
let evidence: string;
const now = Date.parse("2026-11-27T12:00:00Z");
const minutesAgo = (minutes: number) => new Date(now - minutes * 60_000).toISOString();

beforeAll(async () => {
  site = await startSite({});
  evidence = await stockEvidence("al2023");
});
afterAll(() => site.aws.close());
beforeEach(() => {
  site.aws.home.findings.clear();
  site.aws.home.buckets.get(ledgerBucket)?.objects.clear();
});

const answering = (number: number, launchedAt: string) =>
  node(number, { instance: { launchedAt }, behaviour: { prints: evidence } });
const unregistered = (number: number, launchedAt: string) => {
  const { agent: _, ...rest } = answering(number, launchedAt);
  return rest;
};

/** Runs one audit of these nodes, `minutes` later. */
function run(nodes: ReturnType<typeof unregistered>[], minutes = 0) {
  site.aws.home.nodes = nodes;
  return audit(site.clients, readConfig(environment), {
    id: "run",
    place,
    now: () => now + minutes * 60_000,
    until: untilHang(),
    publishUntil: untilHang(),
  });
}

const findingsOf = (instanceId: string) => site.aws.findings().filter(({ Id }) => Id.endsWith(`/${instanceId}`));

test("counts and names a new node that is not yet registered with SSM, and publishes nothing about it", async () => {
  const { summary, trouble } = await run([unregistered(1, minutesAgo(19)), answering(2, minutesAgo(600))]);
  expect(summary.nodes).toEqual({ total: 2, audited: 1, starting: 1, notAuditable: {} });
  expect(summary.perCluster[0]?.starting).toEqual([id(1)]);
  expect(findingsOf(id(1))).toEqual([]);
  expect(findingsOf(id(2)).length).toBeGreaterThan(10);
  expect(trouble).toEqual([]);
});

test("does not fail a run in which every node is starting", async () => {
  expect((await run([unregistered(1, minutesAgo(1))])).trouble).toEqual([]);
});

test("publishes that a node is unregistered 20 minutes after its launch", async () => {
  await run([unregistered(1, minutesAgo(0))]);
  const { summary, trouble } = await run([unregistered(1, minutesAgo(0))], 20);
  expect(summary.nodes.notAuditable).toEqual({ NOT_REGISTERED_WITH_SSM: 1 });
  expect(findingsOf(id(1)).find(({ GeneratorId }) => GeneratorId.endsWith("/node-auditable"))?.Compliance?.Status).toBe(
    "FAILED",
  );
  expect(trouble.map(({ name }) => name)).toEqual([NothingAuditedError.name]);
});

test("publishes nothing about a new node whose agent runs but whose kubelet does not run yet", async () => {
  const prints = await stockEvidence("al2023", { uid: 1_000 });
  const young = node(1, { instance: { launchedAt: minutesAgo(2) }, behaviour: { prints } });
  const { summary } = await run([young, answering(2, minutesAgo(600))]);
  expect(summary.nodes.starting).toBe(1);
  expect(findingsOf(id(1))).toEqual([]);
});

test("publishes at once when a new node is registered and its agent is offline", async () => {
  const lost = { ...answering(1, minutesAgo(5)), agent: { ...node(1).agent, ping: "ConnectionLost" } };
  const { summary } = await run([lost as ReturnType<typeof node>, answering(2, minutesAgo(600))]);
  expect(summary.nodes.notAuditable).toEqual({ SSM_CONNECTION_LOST: 1 });
});

test("keeps the findings of a node that was stopped and starts again", async () => {
  await run([answering(1, minutesAgo(600)), answering(2, minutesAgo(600))]);
  const before = findingsOf(id(1)).map(({ UpdatedAt, RecordState }) => ({ UpdatedAt, RecordState }));
  const { summary } = await run([unregistered(1, minutesAgo(-55)), answering(2, minutesAgo(600))], 60);
  expect(summary.nodes.starting).toBe(1);
  expect(findingsOf(id(1)).map(({ UpdatedAt, RecordState }) => ({ UpdatedAt, RecordState }))).toEqual(before);
  expect(new Set(before.map(({ RecordState }) => RecordState))).toEqual(new Set(["ACTIVE"]));
});

test("archives the findings of a node that ends while it is starting again", async () => {
  await run([answering(1, minutesAgo(600)), answering(2, minutesAgo(600))]);
  await run([unregistered(1, minutesAgo(-55)), answering(2, minutesAgo(600))], 60);
  await run([answering(2, minutesAgo(600))], 120);
  expect(new Set(findingsOf(id(1)).map(({ RecordState }) => RecordState))).toEqual(new Set(["ARCHIVED"]));
});
