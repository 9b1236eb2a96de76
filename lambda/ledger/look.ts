import { createHash } from "node:crypto";
import { findingId } from "../domain/result.ts";
import type { Owns } from "../domain/scope.ts";
import { type HeldFinding, type HubReading, readById, readNewest, valuesPerFilter } from "../securityhub/read.ts";
import { isDoubtful, type Ledger, type LedgerSubject, type Published, timesOf, updatedAtOf } from "./ledger.ts";
import { entryOf, note, timeOf } from "./rebuild.ts";

/**
 * Milliseconds after which GetFindings is expected to show an import. AWS publishes no figure. If it takes longer, the
 * only effect is that findings are sent again although Security Hub already has them.
 */
const settling = 60_000;

/** Maximum pages of 100 findings in one look. A ledger that lacks more findings is rebuilt. */
const pagesPerLook = 10;

/** The findings that a comparison read in Security Hub. */
export interface Observation {
  held: readonly HeldFinding[];
  /** Security Hub lacks findings that the ledger lists, or holds more newer findings than one look reads. */
  isLost: boolean;
  /** When the findings were read, epoch milliseconds. */
  at: number;
}

/** The input of the comparison. `now` is epoch milliseconds. */
export interface Compared {
  cluster: string;
  /** Other runs publish findings about other subjects at the same time. */
  owns: Owns;
  now: number;
}

/**
 * Reads the newest findings of a cluster and a sample of the older ones. A cluster without changes takes one call if it
 * has up to 100 findings, and two if it has more.
 */
export async function observe(reading: HubReading, ledger: Ledger, compared: Compared): Promise<Observation> {
  const { cluster, owns, now } = compared;
  const { found, oldest, isWhole, isCut } = await readNews(reading, ledger, compared);
  const isMissing = ({ id, rule, published }: Entry) =>
    isExpected(published, now) && (isWhole || updatedAtOf(published) > oldest) && !found.has(keyOf(id, rule));
  const missing = [...entriesOf(ledger, owns)].filter(isMissing);
  const asked = missing.length > 0 ? missing.slice(0, valuesPerFilter) : isWhole ? [] : sampleOf(ledger, compared);
  if (asked.length > 0) {
    const ids = asked.map(({ id, rule }) => findingId(reading.place, cluster, id, rule));
    for (const finding of await readById(reading, ids)) found.set(keyOf(finding.subject, finding.rule), finding);
  }
  const isLost = isCut || asked.some(({ id, rule }) => !found.has(keyOf(id, rule)));
  return { held: [...found.values()].filter(({ subject }) => owns(subject)), isLost, at: now };
}

interface News {
  /** Findings by subject and rule. */
  found: Map<string, HeldFinding>;
  /** UpdatedAt of the oldest finding read, epoch milliseconds. */
  oldest: number;
  /** There are no older findings. */
  isWhole: boolean;
  /** Some findings that are newer than the ledger were not read, because `pagesPerLook` was reached. */
  isCut: boolean;
}

/**
 * Reads pages until all findings that are newer than the ledger's newest entry have been read. A run gives thousands of
 * findings the same time, so reading until a finding is older could take many pages.
 */
async function readNews(reading: HubReading, ledger: Ledger, { cluster, owns }: Compared): Promise<News> {
  const found = new Map<string, HeldFinding>();
  let newest = 0;
  for (const { published } of entriesOf(ledger, owns)) newest = Math.max(newest, updatedAtOf(published));
  let [pages, oldest] = [0, Number.POSITIVE_INFINITY];
  for await (const { findings, isLast } of readNewest(reading, cluster)) {
    for (const finding of findings) {
      found.set(keyOf(finding.subject, finding.rule), finding);
      oldest = Math.min(oldest, timeOf(finding.updatedAt));
    }
    pages += 1;
    if (isLast) return { found, oldest, isWhole: true, isCut: false };
    if (oldest <= newest) break;
    if (pages === pagesPerLook) return { found, oldest, isWhole: false, isCut: true };
  }
  return { found, oldest, isWhole: false, isCut: false };
}

/** One finding that the ledger lists. */
interface Entry {
  id: string;
  rule: string;
  published: Published;
}

function* entriesOf(ledger: Ledger, owns: Owns): Generator<Entry, void> {
  for (const [id, { findings }] of ledger)
    if (owns(id)) for (const [rule, published] of findings) yield { id, rule, published };
}

function keyOf(subject: string, rule: string): string {
  return `${subject} ${rule}`;
}

/** Whether GetFindings must return the finding: it was accepted, is not archived, and was imported long enough ago. */
function isExpected(published: Published, now: number): boolean {
  return !published.archived && !isDoubtful(published) && now - published.updatedAt >= settling;
}

/**
 * A number whose remainder chooses the cluster, subject or rule that a run compares. It is a hash of the hour, because
 * the hour itself would choose the same part in each daily run if the number of parts divides 24. The three numbers are
 * independent: with a single number, a cluster that is compared in every fourth run would always get the same quarter
 * of its rules.
 */
export function turnAt(now: number, choice: "cluster" | "subject" | "rule"): number {
  return createHash("sha256")
    .update(`${choice} ${Math.floor(now / 3_600_000)}`)
    .digest()
    .readUInt32BE();
}

/**
 * Chooses some subjects and returns one finding of each. The choice changes every hour, so that over time all subjects
 * are chosen.
 */
function sampleOf(ledger: Ledger, { owns, now }: Compared): Entry[] {
  const ids = [...ledger.keys()].filter(owns);
  const turn = turnAt(now, "rule");
  const start = turnAt(now, "subject") % Math.max(1, ids.length);
  const sample: Entry[] = [];
  for (const id of [...ids.slice(start), ...ids.slice(0, start)]) {
    const expected = [...(ledger.get(id)?.findings ?? [])].filter(([, published]) => isExpected(published, now));
    const [rule, published] = expected[turn % Math.max(1, expected.length)] ?? [];
    if (rule !== undefined && published) sample.push({ id, rule, published });
    if (sample.length === valuesPerFilter) break;
  }
  return sample;
}

/**
 * Corrects the ledger: a finding that Security Hub held in another state replaces the entry of the ledger, unless the
 * entry is newer. Also returns the number of such findings.
 */
export function correct(ledger: Ledger, { held, at }: Observation, now: number): { ledger: Ledger; corrected: number } {
  const next = new Map<string, LedgerSubject>(ledger);
  let corrected = 0;
  for (const finding of held) {
    const known = ledger.get(finding.subject)?.findings.get(finding.rule);
    const entry = entryOf(finding, now);
    const difference = differenceOf(known, entry, at);
    if (difference === "none") continue;
    if (difference === "content") {
      note(next, finding, now);
      corrected += 1;
    } else if (known) {
      const { ahead: _, ...rest } = known;
      setTimes(next, finding, { ...rest, ...timesOf(updatedAtOf(entry), now) });
    }
  }
  return { ledger: next, corrected };
}

function setTimes(ledger: Map<string, LedgerSubject>, { subject: id, rule }: HeldFinding, published: Published): void {
  const subject = ledger.get(id);
  if (subject) ledger.set(id, { ...subject, findings: new Map(subject.findings).set(rule, published) });
}

function differenceOf(known: Published | undefined, held: Published, observedAt: number): "none" | "times" | "content" {
  if (!known) return held.archived ? "none" : "content";
  const later = updatedAtOf(held) - updatedAtOf(known);
  if (isDoubtful(known)) return later > 0 ? "times" : "none";
  const hasSameState = known.status === held.status && known.archived === held.archived;
  // Security Hub may store a text in another form than it was sent, so with equal times only the state is compared.
  if (later === 0) return hasSameState ? "none" : "content";
  // For a while after an import, GetFindings returns the older version of the finding.
  if (later < 0 && observedAt - known.updatedAt < settling) return "none";
  return hasSameState && known.digest === held.digest ? "times" : "content";
}
