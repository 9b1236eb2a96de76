import { BatchImportFindingsCommand } from "@aws-sdk/client-securityhub";
import { afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { audit } from "../../lambda/audit.ts";
import { type Config, readConfig } from "../../lambda/config.ts";
import { decodeLedger, encodeLedger } from "../../lambda/ledger/format.ts";
import { type Ledger, type LedgerSubject, latestUpdatedAt, type Published } from "../../lambda/ledger/ledger.ts";
import { untilHang } from "../kit/hang.ts";
import { id, managed } from "../kit/nodes.ts";
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

/**
 * Advances the time by some milliseconds, then runs the audit once. The auditor's clock is `ahead` milliseconds fast.
 */
async function runAfter(passed: number, change: Partial<Config> & { ahead?: number } = {}) {
  site.aws.clock.advance(passed);
  settle(site.aws);
  const { ahead = 0, ...settings } = change;
  const until = untilHang();
  const now = () => site.aws.clock.now() + ahead;
  const { summary, trouble } = await audit(
    site.clients,
    { ...readConfig(environment), ...settings },
    { id: "run", place, now, until, publishUntil: until },
  );
  return { ...summary, errors: trouble.map(String), news: summary.imported - summary.sent.refresh };
}

const prints = (text: string) => Object.assign(site.aws.node(id(1)), { behaviour: { prints: text } });
const findingOf = (rule: string) =>
  site.aws.findings().find(({ Id }) => Id.includes(`/${rule}/`) && Id.endsWith(`/${id(1)}`));
const statusOf = (rule = "client-ca-file") => {
  const { Compliance, RecordState } = findingOf(rule) ?? {};
  return `${Compliance?.Status} ${RecordState}`;
};
const states = () => Map.groupBy(site.aws.findings(), ({ RecordState = "" }) => RecordState);
const versions = (name = "prod") => {
  const objects = site.aws.home.buckets.get(ledgerBucket)?.objects;
  return objects?.get(`ledgers/${place.account}/${place.region}/${name}.json.gz`) ?? expect.fail("there is no ledger");
};
const denied = { code: "AccessDenied", status: 403, message: "User: u is not authorized" };

const ledgerNow = () => decodeLedger("prod", versions().at(-1)?.body ?? Buffer.of(), site.aws.clock.now());

/** Replaces the ledger in the bucket, as anyone with write access could. */
function forge(change: (subject: LedgerSubject) => LedgerSubject): void {
  const newest = versions().at(-1) ?? expect.fail();
  const forged: Ledger = new Map([...ledgerNow()].map(([name, subject]) => [name, change(subject)]));
  versions().push({ ...newest, body: encodeLedger("prod", forged), etag: '"forged"' });
}

test.each(["s3:PutObject", "s3:GetObject"])(
  "a run publishes nothing while %s fails, so that no finding differs from the ledger",
  async (operation) => {
    prints(bad);
    await runAfter(0);
    prints(good);
    site.aws.faults.push({ operation, times: 1_000, error: denied });
    const unannounced = await runAfter(day);
    site.aws.faults.length = 0;
    expect(unannounced).toMatchObject({ imported: 0 });
    expect(unannounced.errors).toContainEqual(expect.stringContaining("Sent none of"));
    expect(unannounced.errors).toContainEqual(expect.stringContaining(`may not call ${operation}`));
    expect(statusOf()).toBe("FAILED ACTIVE");
    prints(bad);
    await runAfter(day);
    expect(statusOf()).toBe("FAILED ACTIVE");
    prints(good);
    await runAfter(day);
    expect(statusOf()).toBe("PASSED ACTIVE");
  },
);

describe("after Security Hub was switched off,", () => {
  test("a run without changes fails and names the service to enable", async () => {
    await runAfter(0);
    site.aws.home.securityHubSince = undefined;
    const { endedBy, nodes } = await runAfter(hour);
    expect(endedBy).toMatch(/SecurityHubDisabledError.*Enable Security Hub CSPM/);
    expect(nodes).toMatchObject({ total: 2, audited: 0 });
  });

  test("the next run sends all findings again if Security Hub is on again without its findings", async () => {
    await runAfter(0);
    site.aws.home.findings.clear();
    const run = await runAfter(hour);
    expect(run).toMatchObject({ sent: { new: 2 * rules.length }, errors: [] });
    expect(run.problems).toEqual([
      expect.stringContaining("does not hold the findings that the ledger of cluster prod lists"),
    ]);
    expect((await runAfter(hour)).imported).toBe(0);
  });
});

test("a run without changes sends two queries to Security Hub: for the newest findings and for clusters that are gone", async () => {
  await runAfter(0);
  site.clients.calls.clear();
  expect((await runAfter(hour)).imported).toBe(0);
  expect(site.clients.calls.get("securityhub:GetFindings")).toBe(2);
});

describe("with 25 clusters and no ledgers", () => {
  const names = Array.from({ length: 25 }, (_, each) => `cluster-${each}`);
  beforeEach(() => {
    site.aws.home.clusters = names.map((name) => cluster(name));
    site.aws.home.nodes = names.map((name, each) => node(each, { tags: managed(name), behaviour: { prints: good } }));
  });
  const queries = () => site.clients.calls.get("securityhub:GetFindings");
  const loseLedgers = () => site.aws.home.buckets.get(ledgerBucket)?.objects.clear();

  test("a first audit sends one query to Security Hub", async () => {
    expect(await runAfter(0)).toMatchObject({ sent: { new: 25 * rules.length }, problems: [], errors: [] });
    expect(queries()).toBe(1);
  });

  test("a run without changes compares only as many ledgers as fit into the time of the replies", async () => {
    await runAfter(0);
    site.clients.calls.clear();
    expect(await runAfter(hour)).toMatchObject({ imported: 0, problems: [], errors: [] });
    expect(queries()).toBeGreaterThan(1);
    expect(queries()).toBeLessThan(25);
  });

  test("a run rebuilds the ledger of each cluster if Security Hub holds findings of any cluster", async () => {
    await runAfter(0);
    loseLedgers();
    const { imported, problems } = await runAfter(hour);
    expect({ imported, problems: problems.length }).toEqual({ imported: 0, problems: 25 });
  });

  test("a run rebuilds a ledger from archived findings, so that a returned node keeps its CreatedAt", async () => {
    const { nodes } = site.aws.home;
    // Without the ledger, CreatedAt would be the time of the run, which is earlier than this launch.
    for (const each of nodes) Object.assign(each.instance ?? {}, { launchedAt: "2099-01-01T00:00:00.000Z" });
    await runAfter(0);
    const created = site.aws.findings().map(({ Id, CreatedAt }) => [Id, CreatedAt]);
    site.aws.home.nodes = [];
    await runAfter(hour);
    expect([...states().keys()]).toEqual(["ARCHIVED"]);
    loseLedgers();
    site.aws.home.nodes = nodes;
    await runAfter(hour);
    expect([...states().keys()]).toEqual(["ACTIVE"]);
    expect(site.aws.findings().map(({ Id, CreatedAt }) => [Id, CreatedAt])).toEqual(created);
  });

  test("a run with one new cluster sends one additional query, which is not for the cluster's findings", async () => {
    site.aws.home.clusters = names.slice(0, 2).map((name) => cluster(name));
    site.aws.home.nodes.splice(2);
    await runAfter(0);
    site.aws.home.clusters.push(cluster("new"));
    site.aws.home.nodes.push(node(30, { tags: managed("new"), behaviour: { prints: good } }));
    site.clients.calls.clear();
    expect(await runAfter(hour)).toMatchObject({ sent: { new: rules.length }, problems: [], errors: [] });
    expect(queries()).toBe(1 + 2);
  });
});

test("a missing finding among more than a hundred is sent again when the sample of a later run covers it", async () => {
  site.aws.home.nodes = Array.from({ length: 12 }, (_, each) => node(each + 1, { behaviour: { prints: good } }));
  await runAfter(0);
  prints(bad);
  await runAfter(hour);
  for (const [key, { finding }] of site.aws.home.findings)
    if (!finding.Id.endsWith(id(1))) site.aws.home.findings.delete(key);
  await runAfter(hour);
  expect(site.aws.findings()).toHaveLength(12 * rules.length);
});

describe("a run rebuilds a ledger with impossible times and continues", () => {
  const year = 365 * day;
  test.each<[string, (subject: LedgerSubject) => LedgerSubject]>([
    ["createdAt", (subject) => ({ ...subject, createdAt: 1e300 })],
    ["unreadSince", (subject) => ({ ...subject, unreadSince: site.aws.clock.now() + year })],
    [
      "updatedAt",
      (subject) => ({
        ...subject,
        findings: new Map(
          [...subject.findings].map(([rule, each]) => [rule, { ...each, updatedAt: site.aws.clock.now() + year }]),
        ),
      }),
    ],
  ])("%s", async (_, change) => {
    await runAfter(0);
    forge(change);
    const { imported, problems, errors } = await runAfter(hour);
    expect({ imported, errors }).toEqual({ imported: 0, errors: [] });
    expect(problems).toEqual([expect.stringContaining("was rebuilt")]);
    expect((await runAfter(hour)).problems).toEqual([]);
  });
});

test("a run updates a finding although the ledger lists its failed status as passed", async () => {
  await runAfter(0);
  const passed = ledgerNow().get(id(1))?.findings ?? expect.fail();
  prints(bad);
  await runAfter(hour);
  const mark = (rule: string, each: Published) =>
    ({ ...each, status: "passed", digest: passed.get(rule)?.digest ?? "" }) as const;
  forge((subject) => ({
    ...subject,
    findings: new Map([...subject.findings].map(([rule, each]) => [rule, mark(rule, each)])),
  }));
  prints(good);
  await runAfter(hour);
  expect(statusOf()).toBe("PASSED ACTIVE");
});

test("a run updates a finding although the ledger lists an UpdatedAt in the year 9999 that Security Hub does not hold", async () => {
  await runAfter(0);
  forge((subject) => ({
    ...subject,
    findings: new Map([...subject.findings].map(([rule, each]) => [rule, { ...each, ahead: latestUpdatedAt }])),
  }));
  prints(bad);
  expect(await runAfter(hour)).toMatchObject({ errors: [] });
  expect(statusOf()).toBe("FAILED ACTIVE");
});

test("after an older ledger was restored, findings are correct and a node that it does not list is archived", async () => {
  prints(bad);
  await runAfter(0);
  const older = versions().at(-1) ?? expect.fail();
  prints(good);
  site.aws.home.nodes.push(node(3, { behaviour: { prints: good } }));
  await runAfter(day);
  site.aws.home.nodes.pop();
  prints(bad);
  versions().push({ ...older, etag: '"restored"' });
  const { problems } = await runAfter(day);
  expect(problems).toEqual([expect.stringContaining("in another state than its ledger")]);
  expect(statusOf()).toBe("FAILED ACTIVE");
  expect(
    states()
      .get("ARCHIVED")
      ?.every(({ Id }) => Id.endsWith(id(3))),
  ).toBe(true);
  expect(states().get("ARCHIVED")).toHaveLength(rules.length);
  expect((await runAfter(day)).news).toBe(0);
});

test("after a run with a clock that was years ahead, findings are still updated and refreshed", async () => {
  await runAfter(0);
  prints(bad);
  await runAfter(hour, { ahead: 900 * day });
  prints(good);
  await runAfter(hour);
  expect(statusOf()).toBe("PASSED ACTIVE");
  expect(await runAfter(hour)).toMatchObject({ imported: 0, problems: [] });
  for (let month = 1; month <= 4; month++) await runAfter(31 * day);
  expect(states().get("ACTIVE")).toHaveLength(2 * rules.length);
});

describe("findings of a cluster that is gone", () => {
  test.each([1, 21])("are archived although its ledger is lost too, with %i other clusters", async (others) => {
    const names = Array.from({ length: others }, (_, each) => `other-${each}`);
    site.aws.home.clusters = [cluster("prod"), ...names.map((name) => cluster(name))];
    await runAfter(0);
    site.aws.home.clusters = names.map((name) => cluster(name));
    site.aws.home.buckets.get(ledgerBucket)?.objects.delete(`ledgers/${place.account}/${place.region}/prod.json.gz`);
    // With more clusters than fit into one query, the auditor finds the cluster by findings that no run refreshes.
    expect((await runAfter(others > 20 ? 33 * day : day)).sent).toMatchObject({ archived: 2 * rules.length });
    expect([...states().keys()]).toEqual(["ARCHIVED"]);
    expect((await runAfter(day)).imported).toBe(0);
  });

  test("are archived by a run with the scope of that cluster", async () => {
    await runAfter(0);
    site.aws.home.clusters = [cluster("other")];
    versions().length = 0;
    site.aws.clock.advance(hour);
    const until = untilHang();
    const scope = { cluster: "prod" };
    const { now } = site.aws.clock;
    await audit(site.clients, readConfig(environment), { id: "r", place, scope, now, until, publishUntil: until });
    expect([...states().keys()]).toEqual(["ARCHIVED"]);
  });
});

test("the next run corrects a finding that another importer overwrote, also with an UpdatedAt in 2099", async () => {
  prints(bad);
  await runAfter(0);
  for (const UpdatedAt of [new Date(site.aws.clock.now() + hour).toISOString(), "2099-01-01T00:00:00.000Z"]) {
    const { Severity: _, Types: __, Workflow: ___, ...ours } = findingOf("client-ca-file") ?? expect.fail();
    const Findings = [{ ...ours, UpdatedAt, Compliance: { Status: "PASSED" as const } }];
    // The embedded AWS has added fields that BatchImportFindings does not accept.
    await site.clients.securityHub.send(new BatchImportFindingsCommand(JSON.parse(JSON.stringify({ Findings }))));
    expect(statusOf()).toBe("PASSED ACTIVE");
    await runAfter(2 * hour);
    expect(statusOf()).toBe("FAILED ACTIVE");
    expect((await runAfter(hour)).imported).toBe(0);
  }
});

test("a finding that another importer dated to the end of the year 9999 is reported and not sent in every run", async () => {
  prints(bad);
  await runAfter(0);
  const UpdatedAt = "9999-12-31T23:59:59.999Z";
  const { Severity: _, Types: __, Workflow: ___, ...ours } = findingOf("client-ca-file") ?? expect.fail();
  const Findings = [{ ...ours, UpdatedAt, Compliance: { Status: "PASSED" as const } }];
  await site.clients.securityHub.send(new BatchImportFindingsCommand(JSON.parse(JSON.stringify({ Findings }))));
  for (let run = 1; run <= 3; run++) {
    const { imported, errors } = await runAfter(hour);
    expect(imported).toBe(0);
    expect(errors).toEqual([expect.stringMatching(/LockedFindingsError: .*\/client-ca-file\/.*CloudTrail/)]);
  }
  site.aws.home.nodes.shift();
  expect((await runAfter(hour)).sent.archived).toBe(rules.length - 1);
});

describe("a finding stays passed without new evidence for at most a day", () => {
  test("when EKS denies a call and the node does not reply", async () => {
    await runAfter(0);
    prints("");
    site.aws.faults.push({ operation: "eks:ListNodegroups", times: 1_000, error: denied });
    await runAfter(hour);
    expect(statusOf()).toBe("PASSED ACTIVE");
    await runAfter(25 * hour);
    expect(statusOf()).toBe("NOT_AVAILABLE ACTIVE");
  });

  test("when the cluster's CA cannot be read; the node's other verdicts stay", async () => {
    await runAfter(0);
    site.aws.faults.push({ operation: "eks:DescribeCluster", times: 1_000, error: denied });
    const before = statusOf("client-ca-trust");
    await runAfter(hour);
    expect(statusOf("client-ca-trust")).toBe(before);
    await runAfter(25 * hour);
    expect(statusOf("client-ca-trust")).toBe("NOT_AVAILABLE ACTIVE");
    expect(statusOf()).toBe("PASSED ACTIVE");
  });

  test("when the node disappears while an EKS call fails; it is archived when EKS lists everything again", async () => {
    await runAfter(0);
    site.aws.home.nodes = site.aws.home.nodes.filter((each) => each.id !== id(1));
    site.aws.faults.push({ operation: "eks:ListNodegroups", times: 1_000, error: denied });
    await runAfter(hour);
    expect(statusOf()).toBe("PASSED ACTIVE");
    await runAfter(25 * hour);
    expect(statusOf()).toBe("NOT_AVAILABLE ACTIVE");
    expect(findingOf("client-ca-file")?.Compliance?.StatusReasons?.[0]?.ReasonCode).toBe("NOT_LISTED");
    expect((await runAfter(hour)).imported).toBe(0);
    site.aws.faults.length = 0;
    await runAfter(hour);
    expect(statusOf()).toBe("NOT_AVAILABLE ARCHIVED");
  });
});
