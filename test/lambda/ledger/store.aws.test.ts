import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { updateOf } from "../../../lambda/domain/finding.ts";
import { ownsAll } from "../../../lambda/domain/scope.ts";
import { diff } from "../../../lambda/ledger/diff.ts";
import type { Ledger } from "../../../lambda/ledger/ledger.ts";
import { loadLedger } from "../../../lambda/ledger/load.ts";
import { observe } from "../../../lambda/ledger/look.ts";
import {
  LedgerConflictError,
  type LedgerStore,
  listLedgers,
  readLedger,
  writeLedger,
} from "../../../lambda/ledger/store.ts";
import { findingsOf, publish } from "../../../lambda/securityhub/publish.ts";
import { node as nodeOf, nodeSubject, result } from "../../kit/results.ts";
import { simulateTime } from "../../kit/simulated-time.ts";
import { ledgerBucket, place, type Site, settle, startSite } from "../collect/site.ts";
import { hour, node, seen } from "./seen.ts";

simulateTime();

let site: Site;
let store: LedgerStore;
beforeAll(async () => {
  site = await startSite({});
  store = { s3: site.clients.s3, bucket: ledgerBucket, place, now: site.aws.clock.now };
});
afterAll(() => site.aws.close());
beforeEach(() => {
  site.aws.faults.length = 0;
  site.aws.home.findings.clear();
  objects().clear();
  site.clients.calls.clear();
});

const key = "ledgers/111122223333/us-east-1/prod.json.gz";
const objects = () => site.aws.home.buckets.get(ledgerBucket)?.objects ?? new Map();
const noLimit = { until: Number.POSITIVE_INFINITY, isLookedAt: false };
const reading = () => ({ hub: site.clients.securityHub, place, turn: () => 0 });

const ledger = (updatedAt: number, id = "i-0a"): Ledger =>
  new Map([
    [
      id,
      {
        createdAt: 5,
        findings: new Map([["event-qps", { status: "passed", archived: false, digest: "abcde", updatedAt }]]),
      },
    ],
  ]);
const stored = async () => {
  const found = await readLedger(store, "prod");
  return "ledger" in found ? found.ledger : found;
};

test("a written ledger is read, and its cluster is listed", async () => {
  await writeLedger(store, "prod", ledger(1), {});
  expect(await stored()).toEqual(ledger(1));
  expect([...objects().keys()]).toEqual([key]);
  expect(await listLedgers(store)).toEqual(["prod"]);
});

test("ledgers of other Regions are not listed", async () => {
  await writeLedger({ ...store, place: { ...place, region: "eu-west-1" } }, "prod", ledger(1), {});
  expect(await listLedgers(store)).toEqual([]);
});

test("an unchanged ledger is not written again", async () => {
  const first = await writeLedger(store, "prod", ledger(1), {});
  await writeLedger(store, "prod", ledger(1), first);
  expect(Object.fromEntries(site.clients.calls)).toEqual({ "s3:PutObject": 1 });
});

describe("two runs at once", () => {
  test("if both create the ledger, it contains the entries of both", async () => {
    await writeLedger(store, "prod", ledger(1, "i-0a"), {});
    const { merged } = await writeLedger(store, "prod", ledger(1, "i-0b"), {});
    expect(merged).toBe(true);
    expect(await stored()).toEqual(new Map([...ledger(1, "i-0a"), ...ledger(1, "i-0b")]));
  });

  test.each([
    ["later", 3, 2],
    ["earlier", 2, 3],
  ])("if the last writer has the %s update, the later update is kept", async (_, last, first) => {
    const start = await writeLedger(store, "prod", ledger(1), {});
    await writeLedger(store, "prod", ledger(first), start);
    await writeLedger(store, "prod", ledger(last), start);
    expect(await stored()).toEqual(ledger(3));
  });

  test("a retried write whose first reply was lost is not a conflict", async () => {
    const start = await writeLedger(store, "prod", ledger(1), {});
    site.aws.faults.push({ operation: "s3:PutObject", dropConnection: "after" });
    await writeLedger(store, "prod", ledger(2), start);
    expect(await stored()).toEqual(ledger(2));
  });

  test("if the object is deleted meanwhile, it is written again", async () => {
    const start = await writeLedger(store, "prod", ledger(1), {});
    objects().clear();
    await writeLedger(store, "prod", ledger(2), start);
    expect(await stored()).toEqual(ledger(2));
  });

  test("if other runs keep writing, the write fails with LedgerConflictError after ten attempts", async () => {
    const start = await writeLedger(store, "prod", ledger(1), {});
    const error = { code: "PreconditionFailed", status: 412 };
    site.aws.faults.push({ operation: "s3:PutObject", times: 100, error });
    await expect(writeLedger(store, "prod", ledger(2), start)).rejects.toThrow(LedgerConflictError);
    expect(site.clients.calls.get("s3:PutObject")).toBe(1 + 10);
  });
});

/** The findings in Security Hub after a run that saw the nodes, and the ledger of that run. */
async function publishAll(now: number) {
  const seenNow = seen(node("i-0a", "failed", "as seen", place), node("i-0b", "passed", "as seen", place));
  const { imports, next } = diff(place, new Map(), seenNow, now);
  expect((await publish(site.clients.securityHub, findingsOf(imports, []))).trouble).toEqual([]);
  settle(site.aws);
  return { next, seenNow };
}

describe("a ledger is rebuilt from Security Hub", () => {
  test.each([
    ["lost", () => objects().clear(), /no ledger of cluster prod.*2 nodes/],
    [
      "damaged",
      () => objects().set(key, [{ id: "1", body: Buffer.from("x"), etag: '"e"', modifiedAt: 0 }]),
      /cannot be used.*2 nodes/,
    ],
  ])("when it is %s", async (_, spoil, problem) => {
    const { next } = await publishAll(Date.now());
    spoil();
    const loaded = await loadLedger(store, reading(), "prod", noLimit);
    const summary = (of: Ledger) =>
      [...of].map(([id, { findings }]) => [
        id,
        [...findings].map(([rule, { status, updatedAt }]) => [rule, status, updatedAt]),
      ]);
    expect(summary(loaded.ledger)).toEqual(summary(next));
    expect(loaded.problem).toMatch(problem);
    expect(loaded.trouble).toEqual([]);
    await writeLedger(store, "prod", loaded.ledger, loaded.stored ?? {});
    expect(await stored()).toEqual(loaded.ledger);
  });

  test("with the same digests, so that nothing is sent again", async () => {
    const { seenNow } = await publishAll(Date.now());
    const { ledger: rebuilt } = await loadLedger(store, reading(), "prod", noLimit);
    expect(diff(place, rebuilt, seenNow, Date.now()).imports).toEqual([]);
  });

  test("page by page, only of that cluster, and until time runs out", async () => {
    const many = Array.from({ length: 150 }, (_, index) => {
      const instance = nodeOf({ instanceId: `i-${index}`, cluster: index < 120 ? "prod" : "dev" });
      return updateOf(result("passed", { subject: nodeSubject({ node: instance }) }));
    });
    await publish(site.clients.securityHub, findingsOf(many, []));
    settle(site.aws);
    site.clients.calls.clear();
    const { ledger: rebuilt } = await loadLedger(store, reading(), "prod", noLimit);
    expect(rebuilt.size).toBe(120);
    expect(site.clients.calls.get("securityhub:GetFindings")).toBe(2);
    const hurried = await loadLedger(store, reading(), "prod", { ...noLimit, until: 0 });
    expect(hurried.ledger.size).toBe(100);
    expect(hurried.problem).toContain("100 nodes in Security Hub; there was not enough time for all nodes");
  });

  test("only until another run has created the ledger", async () => {
    const ids = Array.from({ length: 100 }, (_, index) => `i-0${index}`);
    const all = seen(...ids.map((id) => node(id, "passed", "as seen", place)));
    const { imports, next } = diff(place, new Map(), all, Date.now());
    await publish(site.clients.securityHub, findingsOf(imports, []));
    settle(site.aws);
    await writeLedger(store, "prod", next, {});
    const created = objects().get(key) ?? expect.fail();
    objects().clear();
    site.aws.faults.push({
      operation: "securityhub:GetFindings",
      meanwhile: () => void objects().set(key, created),
    });
    site.clients.calls.clear();
    const loaded = await loadLedger(store, reading(), "prod", noLimit);
    expect(loaded).toMatchObject({ ledger: next, stored: { ledger: next }, trouble: [] });
    expect(loaded.problem).toBeUndefined();
    expect(site.clients.calls.get("securityhub:GetFindings")).toBe(1);
  });

  test("without a problem if the cluster is new", async () => {
    const loaded = await loadLedger(store, reading(), "prod", noLimit);
    expect(loaded).toEqual({ ledger: new Map(), stored: { ledger: new Map() }, trouble: [] });
  });

  test("if the bucket cannot be read, and an error names the failed call", async () => {
    await publishAll(Date.now());
    const message = "User: u is not authorized to perform: s3:GetObject on resource: arn:aws:s3:::x because no policy";
    site.aws.faults.push({
      operation: "s3:GetObject",
      times: 100,
      error: { code: "AccessDenied", status: 403, message },
    });
    const loaded = await loadLedger(store, reading(), "prod", noLimit);
    expect(loaded.ledger.size).toBe(2);
    expect(loaded.stored).toBeUndefined();
    expect(loaded.trouble.map(String)).toEqual([
      expect.stringContaining("may not call s3:GetObject on arn:aws:s3:::x"),
    ]);
  });
});

test("checking a cluster with more than a thousand findings of one run takes two calls and rebuilds nothing", async () => {
  const ids = Array.from({ length: 600 }, (_, index) => `i-0${index.toString(16)}`);
  const now = site.aws.clock.now();
  const { imports, next } = diff(place, new Map(), seen(...ids.map((id) => node(id, "passed", "as seen", place))), now);
  await publish(site.clients.securityHub, findingsOf(imports, []));
  await writeLedger(store, "prod", next, {});
  site.aws.clock.advance(hour);
  site.clients.calls.clear();
  const loaded = await loadLedger(store, reading(), "prod", { ...noLimit, isLookedAt: true });
  expect(loaded).toMatchObject({ ledger: next, trouble: [] });
  expect(loaded.problem).toBeUndefined();
  expect(site.clients.calls.get("securityhub:GetFindings")).toBe(2);
});

test("a ledger is rebuilt when Security Hub holds more than a thousand findings that are newer than its entries", async () => {
  const nodesWith = (status: "passed" | "failed") =>
    seen(...Array.from({ length: 1_100 }, (_, index) => node(`i-0${index.toString(16)}`, status, "as seen", place)));
  const now = site.aws.clock.now();
  const older = diff(place, new Map(), nodesWith("passed"), now);
  const newer = diff(place, older.next, nodesWith("failed"), now + hour);
  for (const { imports } of [older, newer]) await publish(site.clients.securityHub, findingsOf(imports, []));
  await writeLedger(store, "prod", older.next, {});
  site.aws.clock.advance(2 * hour);
  const { problem, ledger } = await loadLedger(store, reading(), "prod", { ...noLimit, isLookedAt: true });
  expect(problem).toContain("was rebuilt");
  expect(ledger).toEqual(newer.next);
});

describe("a comparison that was read before another run wrote the ledger", () => {
  test("does not replace the newer entry", async () => {
    const now = site.aws.clock.now();
    const { next } = await publishAll(now);
    const observation = Promise.resolve(await observe(reading(), next, { cluster: "prod", owns: ownsAll, now }));
    const later = diff(place, next, seen(node("i-0a", "passed", "as seen", place)), now + hour).next;
    await writeLedger(store, "prod", later, {});
    site.aws.clock.advance(2 * hour);
    const loaded = await loadLedger(store, reading(), "prod", { ...noLimit, isLookedAt: true, observation });
    expect(loaded.ledger).toEqual(later);
    expect(loaded.problem).toBeUndefined();
  });
});
