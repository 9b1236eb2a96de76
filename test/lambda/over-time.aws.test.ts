import { BatchUpdateFindingsCommand } from "@aws-sdk/client-securityhub";
import { afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { audit } from "../../lambda/audit.ts";
import { type Config, readConfig } from "../../lambda/config.ts";
import type { Judged, NodeSubject } from "../../lambda/domain/result.ts";
import type { Finding } from "../../local-aws/asff.ts";
import type { EmbeddedNode } from "../../local-aws/initial-region.ts";
import { untilHang } from "../kit/hang.ts";
import { id } from "../kit/nodes.ts";
import { simulateTime } from "../kit/simulated-time.ts";
import { usualRules as rules } from "../kit/usual-rules.ts";
import { cluster, environment, ledgerBucket, node, place, type Site, settle, startSite } from "./collect/site.ts";
import { day, hour } from "./ledger/seen.ts";
import { stockEvidence } from "./stock-evidence.ts";

simulateTime();

/** Evidence of a compliant node, and of a node with a drop-in that removes the client CA. */
let [good, bad] = ["", ""];
beforeAll(async () => {
  [good, bad] = await Promise.all([stockEvidence("al2023"), stockEvidence("al2023-dropin-bad")]);
});

let site: Site;
beforeEach(async () => {
  site = await startSite({
    nodes: [node(1, { behaviour: { prints: good } }), node(2, { behaviour: { prints: good } })],
  });
});
afterEach(() => site.aws.close());

/** Advances the time, then runs the audit once. */
async function runAfter(passed: number, change: Partial<Config> = {}) {
  site.aws.clock.advance(passed);
  const until = untilHang();
  const { now } = site.aws.clock;
  const judged: Judged<NodeSubject>[] = [];
  const { summary, trouble } = await audit(
    site.clients,
    { ...readConfig(environment), ...change },
    { id: "run", place, now, until, publishUntil: until, onJudged: (nodes) => judged.push(...nodes) },
  );
  // Refreshes are due at different times for each finding, so they may occur in any run of these tests.
  return { ...summary, trouble, judged, news: summary.imported - summary.sent.refresh };
}

const first = id(1);
const findingOf = (rule: string, instance = first): Finding | undefined =>
  site.aws.findings().find(({ Id }) => Id.includes(`/${rule}/`) && Id.endsWith(`/${instance}`));
const stateOf = (rule: string) => {
  const { Compliance, RecordState, Workflow, Note } = findingOf(rule) ?? {};
  return [Compliance?.Status, RecordState, Workflow?.Status, ...(Note ? [Note.Text] : [])].join(" ");
};
const resultOf = (rule: string, { judged }: { judged: readonly Judged<NodeSubject>[] }) =>
  judged.find(({ subject }) => subject.id === first)?.results.find((each) => each.rule.id === rule);
const prints = (text: string) => Object.assign(site.aws.node(first), { behaviour: { prints: text } });
const states = () => [...new Set(site.aws.findings().map(({ RecordState }) => RecordState))];

async function customer(rule: string, status: "RESOLVED" | "SUPPRESSED", text: string): Promise<void> {
  const { Id = "", ProductArn = "" } = findingOf(rule) ?? {};
  const update = { Workflow: { Status: status }, Note: { Text: text, UpdatedBy: "customer" } };
  await site.clients.securityHub.send(
    new BatchUpdateFindingsCommand({ FindingIdentifiers: [{ Id, ProductArn }], ...update }),
  );
}

test("in three months without changes, each finding is sent once at first and then once a month", async () => {
  const all = 2 * rules.length;
  expect((await runAfter(0)).imported).toBe(all);
  const imported: number[] = [];
  for (let run = 1; run <= 9; run++) imported.push((await runAfter(10 * day)).imported);
  for (const month of [0, 3, 6]) {
    const sent = imported.slice(month, month + 3).reduce((sum, count) => sum + count);
    expect(sent).toBe(all);
  }
  expect(site.aws.findings()).toHaveLength(all);
  expect(states()).toEqual(["ACTIVE"]);
});

test("a finding keeps its Id when its node breaks, is fixed and breaks again, and the customer resolves it", async () => {
  await runAfter(0);
  const born = findingOf("client-ca-file");
  prints(bad);
  expect((await runAfter(day)).sent).toMatchObject({ new: 0, archived: 0 });
  expect(stateOf("client-ca-file")).toBe("FAILED ACTIVE NEW");
  await customer("client-ca-file", "RESOLVED", "rolling out");
  expect((await runAfter(day)).news).toBe(0);
  expect(stateOf("client-ca-file")).toBe("FAILED ACTIVE RESOLVED rolling out");
  prints(good);
  await runAfter(day);
  expect(stateOf("client-ca-file")).toBe("PASSED ACTIVE RESOLVED rolling out");
  prints(bad);
  await runAfter(day);
  expect(stateOf("client-ca-file")).toBe("FAILED ACTIVE NEW rolling out");
  expect(findingOf("client-ca-file")).toMatchObject({ Id: born?.Id, CreatedAt: born?.CreatedAt });
});

test("a node that stops replying keeps its verdicts for a day, and a finding that the customer resolved stays resolved", async () => {
  prints(bad);
  await runAfter(0);
  prints(good);
  await runAfter(day);
  await customer("client-ca-file", "RESOLVED", "done");
  prints("");
  const silent = await runAfter(day);
  expect(silent).toMatchObject({ news: 1, held: rules.length - 1, nodes: { audited: 1 } });
  expect(stateOf("node-auditable")).toBe("FAILED ACTIVE NEW");
  expect(stateOf("client-ca-file")).toBe("PASSED ACTIVE RESOLVED done");
  expect(resultOf("client-ca-file", silent)).toMatchObject({ held: "passed", status: "notAvailable" });
  expect(resultOf("node-auditable", silent)).not.toHaveProperty("held");
  prints(good);
  await runAfter(12 * hour);
  expect(stateOf("node-auditable")).toBe("PASSED ACTIVE NEW");
  expect(stateOf("client-ca-file")).toBe("PASSED ACTIVE RESOLVED done");
});

test("results of failed rules and of unreadable nodes contain the time since which Security Hub holds them", async () => {
  prints(bad);
  const fresh = await runAfter(0);
  expect(resultOf("client-ca-file", fresh)).not.toHaveProperty("since");
  const begin = Date.parse(findingOf("client-ca-file")?.UpdatedAt ?? "");
  const again = await runAfter(day);
  expect(resultOf("client-ca-file", again)?.since).toBe(begin);
  prints("");
  const silent = await runAfter(day);
  expect(resultOf("node-auditable", silent)).not.toHaveProperty("since");
  const gone = Date.parse(findingOf("node-auditable")?.UpdatedAt ?? "");
  expect(resultOf("node-auditable", await runAfter(day))?.since).toBe(gone);
  prints(good);
  const fixed = await runAfter(day);
  expect(fixed.judged.flatMap(({ results }) => results.filter(({ since }) => since !== undefined))).toEqual([]);
});

test("a node without a reply for more than a day loses its passed verdicts", async () => {
  await runAfter(0);
  prints("");
  await runAfter(day);
  await runAfter(day);
  expect(stateOf("client-ca-file")).toBe("NOT_AVAILABLE ACTIVE NEW");
});

test("a node that is gone is archived once, and keeps its findings when it starts again with a later launch time", async () => {
  prints(bad);
  await runAfter(0);
  await customer("client-ca-file", "SUPPRESSED", "old node");
  const born = findingOf("client-ca-file");
  Object.assign(site.aws.node(first).instance ?? {}, { state: "stopped" });
  expect((await runAfter(day)).sent).toMatchObject({ archived: rules.length });
  expect(stateOf("client-ca-file")).toBe("FAILED ARCHIVED SUPPRESSED old node");
  expect((await runAfter(day)).news).toBe(0);
  const launchedAt = new Date(site.aws.clock.now()).toISOString();
  Object.assign(site.aws.node(first).instance ?? {}, { state: "running", launchedAt });
  expect((await runAfter(day)).sent).toMatchObject({ reactivated: rules.length, new: 0 });
  expect(stateOf("client-ca-file")).toBe("FAILED ACTIVE SUPPRESSED old node");
  expect(findingOf("client-ca-file")?.CreatedAt).toBe(born?.CreatedAt);
});

describe("a run with incomplete data archives nothing", () => {
  const denied = { code: "AccessDeniedException", status: 403, message: "User: u is not authorized" };
  test.each(["eks:DescribeCluster", "eks:ListFargateProfiles", "eks:ListNodegroups"])(
    "when %s fails",
    async (operation) => {
      site.aws.home.clusters = [cluster("prod", { autoMode: true, fargateProfiles: ["all"] })];
      await runAfter(0);
      site.aws.home.nodes = site.aws.home.nodes.slice(0, 1);
      site.aws.faults.push({ operation, times: 100, error: denied });
      const { trouble, imported } = await runAfter(hour);
      expect(trouble.map(String)).toEqual([expect.stringContaining(`may not call ${operation}`)]);
      expect(imported).toBe(0);
      expect(states()).toEqual(["ACTIVE"]);
      site.aws.faults.length = 0;
      expect((await runAfter(hour)).sent).toMatchObject({ archived: rules.length, changed: 0 });
    },
  );

  test.each(["eks:ListClusters", "ec2:DescribeInstances"])(
    "and ends with an error when %s fails",
    async (operation) => {
      await runAfter(0);
      site.aws.home.nodes = [];
      site.aws.faults.push({ operation, times: 100, error: denied });
      expect((await runAfter(hour)).endedBy).toContain(`may not call ${operation}`);
      expect(states()).toEqual(["ACTIVE"]);
    },
  );

  test("when the settings match no cluster, because that is probably a mistake", async () => {
    await runAfter(0);
    expect((await runAfter(hour, { isAudited: () => false })).endedBy).toContain("Nothing to audit");
    expect(states()).toEqual(["ACTIVE"]);
  });
});

test.each<[string, (nodes: EmbeddedNode[]) => Partial<Config>, string]>([
  [
    "deleted",
    () => {
      site.aws.home.clusters = [cluster("other")];
      return {};
    },
    "CLUSTER_GONE",
  ],
  ["left out by the settings", () => ({ isAudited: (name) => name !== "prod" }), "CLUSTER_NOT_AUDITED"],
])("a cluster that is %s is archived as a whole, once", async (_, change, reason) => {
  site.aws.home.clusters = [cluster("prod"), cluster("other")];
  await runAfter(0);
  const settings = change(site.aws.home.nodes);
  expect((await runAfter(day, settings)).sent).toMatchObject({ archived: 2 * rules.length });
  expect(findingOf("event-qps")?.Compliance?.StatusReasons?.[0]?.ReasonCode).toBe(reason);
  expect((await runAfter(day, settings)).news).toBe(0);
});

test("after the last cluster is deleted, its findings are archived and the run fails with nothing to audit", async () => {
  await runAfter(0);
  site.aws.home.clusters = [];
  const { sent, trouble } = await runAfter(day);
  expect(sent.archived).toBe(2 * rules.length);
  expect(trouble.map(String)).toEqual([expect.stringContaining("Nothing to audit")]);
});

test("findings of a rule are archived when it is switched off, and have the same Ids when it is on again", async () => {
  await runAfter(0);
  expect((await runAfter(day, { rules: { "event-qps": "off" } })).sent).toMatchObject({ archived: 2 });
  expect(stateOf("event-qps")).toBe("PASSED ARCHIVED NEW");
  expect((await runAfter(day)).sent).toMatchObject({ reactivated: 2 });
});

test("another benchmark version changes the texts of findings and keeps their Ids", async () => {
  await runAfter(0);
  const before = site.aws.findings().map(({ Id }) => Id);
  const { sent } = await runAfter(day, { benchmarkVersion: "1.5.0" });
  expect(sent.changed).toBeGreaterThan(0);
  expect(sent).toMatchObject({ new: 0, archived: 0 });
  expect(site.aws.findings().map(({ Id }) => Id)).toEqual(before);
});

test("an exception applies through its last day, its finding still shows the failure, and the summary lists it when expired", async () => {
  prints(bad);
  const now = site.aws.clock.now();
  const until = new Date(now).toISOString().slice(0, 10);
  const midnight = Date.parse(`${until}T00:00:00Z`) + day;
  const exceptions = [{ rule: "client-ca-file", scope: { instance: first }, reason: "migration", until }];
  const excepted = await runAfter(0, { exceptions });
  expect(excepted.exceptions).toMatchObject({ holding: 1, expired: [], unused: [] });
  expect(resultOf("client-ca-file", excepted)).toMatchObject({ exception: { reason: "migration", until } });
  expect(findingOf("client-ca-file")).toMatchObject({
    Compliance: { Status: "WARNING" },
    Severity: { Label: "INFORMATIONAL" },
    Description: expect.stringMatching(new RegExp(`^Excepted until ${until}: migration`)),
  });
  const over = await runAfter(midnight - now, { exceptions });
  expect(over.exceptions).toMatchObject({ holding: 0, expired: exceptions });
  expect(resultOf("client-ca-file", over)).not.toHaveProperty("exception");
  expect(findingOf("client-ca-file")).toMatchObject({ Compliance: { Status: "FAILED" }, Severity: { Label: "HIGH" } });
});

test("a lost ledger is rebuilt and reported; no finding is sent again, and nodes that are gone are archived", async () => {
  await runAfter(0);
  settle(site.aws);
  site.aws.home.buckets.get(ledgerBucket)?.objects.clear();
  const rebuilt = await runAfter(hour);
  expect(rebuilt).toMatchObject({
    imported: 0,
    problems: [expect.stringContaining("rebuilt from the findings of")],
  });
  site.aws.home.buckets.get(ledgerBucket)?.objects.clear();
  site.aws.home.nodes = site.aws.home.nodes.slice(0, 1);
  expect((await runAfter(hour)).sent).toMatchObject({ archived: rules.length });
});

test("if the ledger is lost before Security Hub lists new findings, all findings are sent again, and no finding exists twice", async () => {
  await runAfter(0);
  const before = site.aws.findings().map(({ Id, CreatedAt }) => ({ Id, CreatedAt }));
  site.aws.home.buckets.get(ledgerBucket)?.objects.clear();
  site.aws.faults.push({ operation: "securityhub:GetFindings", page: "not yet", times: 2 });
  expect((await runAfter(hour)).sent).toMatchObject({ new: 2 * rules.length });
  expect(site.aws.findings().map(({ Id, CreatedAt }) => ({ Id, CreatedAt }))).toEqual(before);
  expect((await runAfter(hour)).imported).toBe(0);
});

test("after two concurrent runs with different inventories, one more run makes every finding correct", async () => {
  await runAfter(0);
  const together = [runAfter(day), runAfter(0)];
  prints(bad);
  await Promise.all(together);
  await runAfter(hour);
  expect(stateOf("client-ca-file")).toBe("FAILED ACTIVE NEW");
  expect((await runAfter(hour)).news).toBe(0);
});
