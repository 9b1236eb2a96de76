import { expect, test } from "vitest";
import type { FindingUpdate } from "../../../lambda/domain/finding.ts";
import type { Seen } from "../../../lambda/domain/seen.ts";
import type { Fate } from "../../../lambda/ledger/diff.ts";
import { decodeLedger, encodeLedger } from "../../../lambda/ledger/format.ts";
import { type Ledger, merge } from "../../../lambda/ledger/ledger.ts";
import fc from "../../kit/properties.ts";
import { day, hour, monday, node, run, seen } from "./seen.ts";

/**
 * A model of Security Hub: it accepts a finding with a later UpdatedAt and silently ignores one with an earlier
 * UpdatedAt.
 */
class Hub {
  readonly findings = new Map<string, FindingUpdate>();

  take(update: FindingUpdate): void {
    const before = this.findings.get(update.id);
    if (!before || before.updatedAt < update.updatedAt) this.findings.set(update.id, update);
  }

  /** Id, status and state of all findings that it holds. */
  view(): string[] {
    return [...this.findings.values()]
      .map(({ id, content }) => `${id} ${"absence" in content ? "ARCHIVED" : content.status}`)
      .sort();
  }
}

const ids = ["i-a", "i-b", "i-c"];
const statuses = ["passed", "excepted", "failed", "notAvailable"] as const;

/** One day: the nodes and their verdicts, the faults, and the error of our clock in minutes. */
const anyDay = fc.record({
  chosen: fc.array(fc.record({ id: fc.constantFrom(...ids), status: fc.constantFrom(...statuses) }), { maxLength: 3 }),
  ruleOn: fc.boolean(),
  complete: fc.boolean(),
  /** A node whose imports fail: they are rejected, or they are accepted and the reply is lost. */
  troubled: fc.constantFrom("none", ...ids),
  fate: fc.constantFrom<Fate>("refused", "unsure"),
  /** The run is killed after this many imports, before it writes the ledger. */
  diesAfter: fc.option(fc.nat(6)),
  /** A second run with other results started from the same ledger. */
  twin: fc.option(fc.constantFrom(...statuses)),
  skew: fc.integer({ min: -5, max: 5 }),
});
type Day = typeof anyDay extends fc.Arbitrary<infer T> ? T : never;

function seenOn({ chosen, ruleOn, complete }: Day, status?: (typeof statuses)[number]): Seen {
  const nodes = [...new Map(chosen.map((each) => [each.id, node(each.id, status ?? each.status)])).values()];
  const subjects = nodes.map((each) => (ruleOn ? each : { ...each, results: each.results.slice(1) }));
  return { ...seen(...subjects), complete };
}

/** Simulates the days and returns the last ledger. Before findings are sent, the ledger marks them. */
function play(days: readonly Day[], hub: Hub): Ledger {
  let ledger: Ledger = new Map();
  for (const [index, today] of days.entries()) {
    const now = monday + index * day + today.skew * 60_000;
    const fateOf = (id: string): Fate => (id.endsWith(`/${today.troubled}`) ? today.fate : "accepted");
    const one = run(ledger, seenOn(today), now, fateOf);
    const twin = today.twin ? [run(ledger, seenOn(today, today.twin), now + 1000, fateOf)] : [];
    const runs = [one, ...twin];
    ledger = runs.map(({ intent }) => intent).reduce((one, other) => merge(one, other));
    for (const { imports } of runs) {
      for (const [position, update] of imports.entries()) {
        const isLost = today.diesAfter !== null && position >= today.diesAfter;
        if (!isLost && fateOf(update.id) !== "refused") hub.take(update);
      }
    }
    if (today.diesAfter === null)
      ledger = runs.map((done) => done.ledger).reduceRight((stored, own) => merge(own, stored));
    ledger = decodeLedger("prod", encodeLedger("prod", ledger), now);
  }
  return ledger;
}

const calm = { ruleOn: true, complete: true, troubled: "none", diesAfter: null, twin: null, skew: 0 };

test("after any faults, days without faults leave the findings of a run without a ledger, and archive all others", () => {
  fc.assert(
    fc.property(fc.array(anyDay, { maxLength: 40 }), anyDay, (days, last) => {
      const hub = new Hub();
      const final = { ...last, ...calm };
      const ledger = play([...days, final, final, final], hub);
      const afresh = run(new Map(), seenOn(final), monday).imports;
      const expected = new Set(afresh.map(({ id, content }) => `${id} ${content.status}`));
      const active = hub.view().filter((line) => !line.endsWith("ARCHIVED"));
      expect(active).toEqual([...expected].sort());
      const another = run(ledger, seenOn(final), monday + (days.length + 2) * day + hour);
      expect(another.imports.filter(({ why }) => why !== "refresh")).toEqual([]);
    }),
    { numRuns: 300 },
  );
});

test("CreatedAt never changes and UpdatedAt only increases under any faults", () => {
  fc.assert(
    fc.property(fc.array(anyDay, { minLength: 1, maxLength: 40 }), (days) => {
      const created = new Map<string, number>();
      class Watched extends Hub {
        override take(update: FindingUpdate): void {
          const { id, createdAt } = update;
          expect(created.get(id) ?? createdAt).toBe(createdAt);
          created.set(id, createdAt);
          super.take(update);
        }
      }
      play(days, new Watched());
    }),
  );
});
