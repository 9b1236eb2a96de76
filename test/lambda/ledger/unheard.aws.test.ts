import { afterAll, beforeAll, expect, test } from "vitest";
import type { LedgerSubject } from "../../../lambda/ledger/ledger.ts";
import { type LedgerStore, writeLedger } from "../../../lambda/ledger/store.ts";
import { leastHeardFirst } from "../../../lambda/ledger/unheard.ts";
import { node as nodeOf } from "../../kit/results.ts";
import { simulateTime } from "../../kit/simulated-time.ts";
import { ledgerBucket, place, type Site, startSite } from "../collect/site.ts";

simulateTime();

let site: Site;
let store: LedgerStore;
beforeAll(async () => {
  site = await startSite({});
  store = { s3: site.clients.s3, bucket: ledgerBucket, place, now: site.aws.clock.now };
  const ledger = new Map([
    ["i-read", subject()],
    ["i-unread-long", subject(10)],
    ["i-unread", subject(20)],
  ]);
  await writeLedger(store, "prod", ledger, {});
});
afterAll(() => site.aws.close());

function subject(unreadSince?: number): LedgerSubject {
  const published = { status: "passed", archived: false, digest: "abcde", updatedAt: 5 } as const;
  return {
    createdAt: 5,
    ...(unreadSince !== undefined && { unreadSince }),
    findings: new Map([["event-qps", published]]),
  };
}

const nodes = (...ids: string[]) => ids.map((instanceId) => nodeOf({ instanceId }));
const idsOf = async (...clusters: Parameters<typeof leastHeardFirst>[1]) =>
  (await leastHeardFirst(store, clusters)).map(({ instanceId }) => instanceId);

test("puts nodes first that were never audited, then alternates unreadable and read nodes", async () => {
  const prod = { cluster: { name: "prod" }, nodes: nodes("i-read", "i-unread", "i-new", "i-unread-long") };
  const fresh = { cluster: { name: "fresh" }, nodes: nodes("i-fresh") };
  const order = await idsOf(prod, fresh);
  expect(new Set(order.slice(0, 2))).toEqual(new Set(["i-new", "i-fresh"]));
  expect(order[3]).toBe("i-read");
  expect(order).toHaveLength(5);
});

test("queries every node in turn although more nodes never reply than one run can query", async () => {
  const { now } = store;
  const silent = Array.from({ length: 90 }, (_, index) => `i-silent-${index}`);
  const well = Array.from({ length: 10 }, (_, index) => `i-well-${index}`);
  await writeLedger(store, "starving", new Map([...silent, ...well].map((id) => [id, subject(10)])), {});
  const asked = new Set<string>();
  for (let run = 1; run <= 100; run += 1) {
    store.now = () => now() + run;
    const order = await idsOf({ cluster: { name: "starving" }, nodes: nodes(...silent, ...well) });
    for (const id of order.slice(0, 30)) asked.add(id);
  }
  store.now = now;
  expect([...asked].toSorted()).toEqual([...silent, ...well].toSorted());
});

test("keeps each cluster together if there are many nodes, and puts clusters with new nodes first", async () => {
  const others = Array.from({ length: 5_000 }, (_, index) => `i-${index}`);
  const prod = { cluster: { name: "prod" }, nodes: nodes("i-unread", "i-read") };
  const fresh = { cluster: { name: "fresh" }, nodes: nodes(...others) };
  expect((await idsOf(prod, fresh)).slice(-2)).toEqual(["i-unread", "i-read"]);
});

test("an unreadable ledger does not change the order", async () => {
  site.aws.faults.push({ operation: "s3:GetObject", error: { code: "AccessDenied", status: 403 } });
  const prod = { cluster: { name: "prod" }, nodes: nodes("i-read", "i-unread") };
  expect(await idsOf(prod)).toEqual(["i-read", "i-unread"]);
  site.aws.faults.length = 0;
});
