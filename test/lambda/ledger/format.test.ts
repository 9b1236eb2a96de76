import { randomBytes } from "node:crypto";
import { gunzipSync, gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { DamagedLedgerError, decodeLedger, encodeLedger, LedgerTooLargeError } from "../../../lambda/ledger/format.ts";
import { type Ledger, type LedgerSubject, merge, type Published } from "../../../lambda/ledger/ledger.ts";
import fc from "../../kit/properties.ts";
import { usualRules } from "../../kit/usual-rules.ts";

const statuses = ["passed", "excepted", "failed", "notAvailable"] as const;
const moment = fc.integer({ min: 1.7e12, max: 2e12 });
const digest = fc.stringMatching(/^[\w-]{5}$/);
const published = fc
  .record<Published>(
    {
      status: fc.constantFrom(...statuses),
      archived: fc.boolean(),
      digest,
      updatedAt: moment,
      ahead: fc.integer({ min: 3e12, max: 9e12 }),
    },
    { requiredKeys: ["status", "archived", "digest", "updatedAt"] },
  )
  .map((each) => ({ ...each, digest: each.archived ? "" : each.digest }));
const rule = fc.constantFrom("client-ca-file", "event-qps", "node-auditable");
const findings = fc.uniqueArray(fc.tuple(rule, published), { minLength: 1, selector: ([name]) => name });
const subject = fc.tuple(moment, fc.option(moment), findings).map(
  ([createdAt, unread, list]): LedgerSubject => ({
    createdAt,
    ...(unread !== null && { unreadSince: unread }),
    findings: new Map(list),
  }),
);
/** A time later than every time in these ledgers. */
const now = 2e12;

const id = fc.constantFrom("i-0a", "i-0b", "i-0c", "cluster");
const ledger = fc
  .uniqueArray(fc.tuple(id, subject), { selector: ([name]) => name })
  .map((subjects): Ledger => new Map(subjects));

test("a decoded ledger equals the encoded one", () => {
  fc.assert(
    fc.property(ledger, (each) => {
      expect(decodeLedger("prod", encodeLedger("prod", each), now)).toEqual(each);
    }),
  );
});

test("the same ledger gives the same bytes for any order of insertion", () => {
  fc.assert(
    fc.property(ledger, (each) => {
      const reversed = [...each].reverse().map(([name, one]): [string, LedgerSubject] => {
        return [name, { ...one, findings: new Map([...one.findings].reverse()) }];
      });
      expect(encodeLedger("prod", new Map(reversed))).toEqual(encodeLedger("prod", each));
    }),
  );
});

/** Findings with different verdicts, texts and times. Nothing repeats, so nothing compresses. */
function mixedLedger(nodes: number): Ledger {
  const rules = usualRules.map(({ id }) => id);
  const random = (below: number) => randomBytes(4).readUInt32BE() % below;
  const findingOf = (name: string): [string, Published] => [
    name,
    {
      status: statuses[random(4)] ?? "passed",
      archived: false,
      digest: randomBytes(4).toString("base64url").slice(0, 5),
      updatedAt: 1.79e12 + random(30) * 86_400_000,
    },
  ];
  const nodeOf = (): [string, LedgerSubject] => [
    `i-${randomBytes(9).toString("hex").slice(1)}`,
    { createdAt: 1.79e12 + random(3e7) * 1000, findings: new Map(rules.map(findingOf)) },
  ];
  return new Map(Array.from({ length: nodes }, nodeOf));
}

test("the ledger of a thousand nodes with the usual findings takes less than 120 bytes a node", () => {
  expect(encodeLedger("prod", mixedLedger(1000)).length / 1000).toBeLessThan(120);
});

const good = encodeLedger("prod", mixedLedger(3));
const changed = (change: (written: { subjects: unknown[][]; [key: string]: unknown }) => object) =>
  gzipSync(JSON.stringify(change(JSON.parse(gunzipSync(good).toString()))));

const day = 86_400_000;
const withTime = (all: { subjects: unknown[][] }, column: number, time: number) => ({
  ...all,
  subjects: [[...(all.subjects[0] ?? []), 1].slice(0, 6).with(column, time)],
});

test.each([
  ["an empty object", Buffer.of(), "unexpected end of file"],
  ["a page of HTML", Buffer.from("<html>"), "incorrect header check"],
  ["the first half of a ledger", good.subarray(0, good.length / 2), "unexpected end of file"],
  ["another JSON value in gzip", gzipSync("[]"), "expected object"],
  ["a bomb", gzipSync(Buffer.alloc(65_000_000)), "larger than"],
  ["a ledger of a newer auditor", changed((all) => ({ ...all, version: 3 })), "version"],
  ["a ledger with an unknown member", changed((all) => ({ ...all, extra: 1 })), "extra"],
  [
    "a ledger with more findings of a node than rules",
    changed((all) => ({ ...all, rules: ["one"] })),
    `${usualRules.length} findings for 1 rules`,
  ],
  ["a ledger without its times", changed((all) => ({ ...all, moments: [] })), "lacks the time at which"],
  ["a ledger with a node twice", changed((all) => ({ ...all, subjects: [...all.subjects, all.subjects[0]] })), "twice"],
  ["a ledger with a node that was created in the year 3e290", changed((all) => withTime(all, 1, 1e300)), "expected"],
  [
    "a ledger with a node that was created after the run",
    changed((all) => withTime(all, 1, now + 2 * day)),
    "a day ahead",
  ],
  [
    "a ledger with a node that is unreadable since a time after the run",
    changed((all) => withTime(all, 5, now + 2 * day)),
    "a day ahead",
  ],
  ["a ledger with a negative time", changed((all) => withTime(all, 1, -1)), "expected number to be >=0"],
  [
    "a ledger with a finding that was sent after the run",
    changed((all) => ({ ...all, moments: [now + 2 * day, ...Array(40).fill(1)] })),
    "a day ahead",
  ],
  [
    "a ledger with an UpdatedAt that no finding can have",
    changed((all) => ({ ...all, ahead: [["i", "r", 1e15]] })),
    "<=",
  ],
  ["a ledger of another cluster", encodeLedger("dev", mixedLedger(1)), "it belongs to cluster dev"],
  [
    "a ledger with a digest that is too short",
    changed((all) => ({ ...all, subjects: [all.subjects[0]?.with(3, "abcd")] })),
    "does not match its findings",
  ],
])("decoding rejects %s", (_, bytes, problem) => {
  expect(() => decodeLedger("prod", bytes, now)).toThrow(DamagedLedgerError);
  expect(() => decodeLedger("prod", bytes, now)).toThrow(problem);
});

test.each([
  ["thousands of invalid times", changed((all) => ({ ...all, moments: Array(10_000).fill(-1) }))],
  ["a long name of another cluster", changed((all) => ({ ...all, cluster: "x".repeat(100_000) }))],
])("the problem of a ledger with %s is one short line", (_, bytes) => {
  expect(() => decodeLedger("prod", bytes, now)).toThrow(/^.{1,300}$/);
});

test("decoding a ledger with one changed byte succeeds or throws DamagedLedgerError", () => {
  fc.assert(
    fc.property(fc.nat(good.length - 1), fc.integer({ min: 1, max: 255 }), (position, flip) => {
      const bytes = Buffer.from(good);
      bytes[position] = (bytes[position] ?? 0) ^ flip;
      try {
        decodeLedger("prod", bytes, now);
      } catch (error) {
        expect(error).toBeInstanceOf(DamagedLedgerError);
      }
    }),
  );
});

test("a ledger keeps the 20,000 nodes that were archived last, and every node with an active finding", () => {
  const archived = (updatedAt: number): LedgerSubject => ({
    createdAt: 5,
    findings: new Map([["event-qps", { status: "passed", archived: true, digest: "", updatedAt }]]),
  });
  // The nodes are archived in groups of three. The nodes of a group are archived at the same time.
  const gone = Array.from({ length: 20_030 }, (_, each): [string, LedgerSubject] => [
    `i-gone-${each}`,
    archived(Math.floor(each / 3)),
  ]);
  const stored = decodeLedger("prod", encodeLedger("prod", new Map([...mixedLedger(50), ...gone])), now);
  expect(stored.size).toBe(20_050);
  const left = gone.map(([id]) => id).filter((id) => !stored.has(id));
  expect(left).toEqual(Array.from({ length: 30 }, (_, each) => `i-gone-${each}`));
});

describe("a ledger that would exceed the maximum size", () => {
  const gone = (updatedAt: number): LedgerSubject => ({
    createdAt: 5,
    findings: new Map([["event-qps", { status: "passed", archived: true, digest: "", updatedAt }]]),
  });
  const archived = Array.from({ length: 300 }, (_, each): [string, LedgerSubject] => [`i-gone-${each}`, gone(each)]);
  const ledger: Ledger = new Map([...archived, ...mixedLedger(3)]);

  test("is written without the nodes that were archived first", () => {
    const most = 10_000;
    const bytes = encodeLedger("prod", ledger, most);
    expect(gunzipSync(bytes).length).toBeLessThanOrEqual(most);
    const ids = [...decodeLedger("prod", bytes, now).keys()];
    const kept = ids.filter((id) => id.startsWith("i-gone-")).map((id) => Number(id.slice("i-gone-".length)));
    expect(ids.length - kept.length).toBe(3);
    expect(kept.length).toBeGreaterThan(100);
    expect(Math.min(...kept)).toBe(300 - kept.length);
  });

  test("is not written when the existing nodes alone exceed the size", () => {
    expect(() => encodeLedger("prod", ledger, 100)).toThrow(LedgerTooLargeError);
  });
});

const say = (status: Published["status"], updatedAt: number): Published => ({
  status,
  archived: false,
  digest: "abcde",
  updatedAt,
});
const one = (say: Published, unreadSince?: number): Ledger =>
  new Map([["i-0a", { createdAt: 5, ...(unreadSince && { unreadSince }), findings: new Map([["event-qps", say]]) }]]);

test("merging the ledgers of two concurrent runs keeps the later update of each finding, in either order", () => {
  const [early, late] = [one(say("failed", 10)), one(say("passed", 20))];
  expect(merge(early, late)).toEqual(late);
  expect(merge(late, early)).toEqual(late);
});

test("merging keeps entries that only one of two runs has", () => {
  const other: Ledger = new Map([["i-0b", { createdAt: 6, findings: new Map([["event-qps", say("passed", 10)]]) }]]);
  expect(merge(one(say("failed", 10)), other).size).toBe(2);
});

test.each([
  ["a node that neither run could read is unreadable since the earlier time", 30, 40, 30],
  ["a node that one of the runs could read is readable", 30, undefined, undefined],
])("%s", (_, first, second, unreadSince) => {
  const merged = merge(one(say("failed", 10), first), one(say("failed", 10), second));
  expect(merged.get("i-0a")?.unreadSince).toBe(unreadSince);
});

test("a time less than a day ahead is accepted, because clocks differ a little", () => {
  const written = one(say("failed", now + day - 1), now + day - 1);
  expect(decodeLedger("prod", encodeLedger("prod", written), now)).toEqual(written);
});

test("archived nodes share their findings in memory, because there may be hundreds of thousands of them", () => {
  const gone: Published = { status: "passed", archived: true, digest: "", updatedAt: 10 };
  const subject: LedgerSubject = { createdAt: 5, findings: new Map([["event-qps", gone]]) };
  const read = decodeLedger(
    "prod",
    encodeLedger("prod", new Map([...Array(3).keys()].map((each) => [`i-${each}`, subject]))),
    now,
  );
  expect(new Set([...read.values()].map(({ findings }) => findings)).size).toBe(1);
});
