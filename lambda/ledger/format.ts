import { gunzipSync, gzipSync } from "node:zlib";
import * as z from "zod";
import type { KeptStatus } from "../domain/result.ts";
import { digestLength } from "../securityhub/digest.ts";
import { short } from "../text.ts";
import { clockTolerance, type Ledger, type LedgerSubject, latestUpdatedAt, type Published } from "./ledger.ts";

/** Format version. It increases when older auditors cannot read the new format. */
const version = 1;

/**
 * Version of a ledger with the member `ahead`. A ledger without it keeps version 1, so that older auditors can read it.
 */
const versionWithAhead = 2;

/** Maximum bytes of an unpacked ledger. 100,000 nodes with 16 rules take about 20 MB, including nodes that are gone. */
const unpackedBytes = 64_000_000;

/** A ledger is not valid. It can be rebuilt from Security Hub. */
export class DamagedLedgerError extends Error {
  override readonly name = "DamagedLedgerError";
  constructor(cluster: string, problem: string, cause?: unknown) {
    super(`The ledger of cluster ${cluster} cannot be used: ${short(problem.replaceAll(/\s*\n\s*/g, " "))}.`, {
      cause,
    });
  }
}

/** One letter per finding: its status, in lower case if it is archived, a blank if there is no finding. */
const letters = { passed: "P", excepted: "W", failed: "F", notAvailable: "N" } as const;

/** Statuses by upper-case letter. */
const statuses = new Map(Object.entries(letters).map(([status, letter]) => [letter as string, status as KeptStatus]));

/**
 * The stored form. Rules and moments are stored once. A subject is a row: its id, CreatedAt, the letters and the
 * digests of its findings in the order of the rules, and the time of each finding's update as an index into `moments`
 * (one number if all are the same). If the subject is unreadable, the last element is the time since when it has been
 * unreadable.
 */
const time = z.int().nonnegative();
const rowModel = z.tuple([
  z.string().min(1).max(100),
  time,
  z.string().regex(/^[PWFNpwfn ]*$/),
  z.string().regex(/^[\w.-]*$/),
  z.union([z.number(), z.array(z.number())]),
  time.optional(),
]);
type Row = z.output<typeof rowModel>;

/** Id of the subject, rule, and the UpdatedAt that is ahead of our clock. */
const aheadModel = z.tuple([z.string(), z.string(), time.max(latestUpdatedAt)]);

const ledgerModel = z.strictObject({
  version: z.union([z.literal(version), z.literal(versionWithAhead)]),
  cluster: z.string(),
  rules: z.array(z.string().min(1)),
  moments: z.array(time),
  subjects: z.array(rowModel),
  ahead: z.array(aheadModel).exactOptional(),
});

/** The ledger of a cluster exceeds the maximum size, even without the nodes that are gone. */
export class LedgerTooLargeError extends Error {
  override readonly name = "LedgerTooLargeError";
  constructor(cluster: string, bytes: number, most: number) {
    super(
      `The ledger of cluster ${cluster} has ${bytes} bytes, more than the maximum of ${most}. Switch rules off in the setting "rules".`,
    );
  }
}

/**
 * Maximum number of nodes in a ledger of which all findings are archived. Each batch of messages about new nodes reads
 * and writes the ledger, and nodes that live for minutes would leave hundreds of thousands of them. To decode and
 * encode 20,000 of them takes 0.4 seconds of CPU time (measured).
 */
const mostGone = 20_000;

/**
 * Encodes the ledger as gzip of JSON. The same ledger always gives the same bytes. `decodeLedger` rejects a ledger of
 * more than `most` bytes. Nodes that were archived first are therefore left out until the ledger fits and has at most
 * 20,000 archived nodes. If such a node returns, it gets new findings.
 */
export function encodeLedger(cluster: string, ledger: Ledger, most = unpackedBytes): Buffer {
  const few = ledger.size > mostGone ? withoutOldest(ledger, 0) : ledger;
  // The JSON contains only ASCII, so its length in characters is its length in bytes.
  const text = JSON.stringify(toShelf(cluster, few));
  if (text.length <= most) return gzipSync(text, { level: 9 });
  const smaller = withoutOldest(few, text.length - most);
  if (smaller.size === few.size) throw new LedgerTooLargeError(cluster, text.length, most);
  return encodeLedger(cluster, smaller, most);
}

/**
 * Removes nodes of which all findings are archived, in the order in which they were archived, until at most `mostGone`
 * of them remain and the ledger is about `excess` bytes smaller.
 */
function withoutOldest(ledger: Ledger, excess: number): Ledger {
  const archivedAt = ({ findings }: LedgerSubject) => Math.max(...[...findings.values()].map((each) => each.updatedAt));
  const gone = [...ledger]
    .filter(([, { findings }]) => findings.values().every(({ archived }) => archived))
    .map(([id, subject]) => ({ id, at: archivedAt(subject), bytes: id.length + subject.findings.size + rowBytes }))
    .sort((one, other) => one.at - other.at);
  const left = new Map(ledger);
  let freed = 0;
  for (const [index, { id, bytes }] of gone.entries()) {
    if (freed >= excess && gone.length - index <= mostGone) break;
    left.delete(id);
    freed += bytes;
  }
  return left;
}

/** Bytes of a row besides its id and its letters: CreatedAt, an index, and the punctuation of JSON. */
const rowBytes = 30;

function toShelf(cluster: string, ledger: Ledger) {
  const [seenRules, seenMoments] = [new Set<string>(), new Set<number>()];
  for (const { findings } of ledger.values()) {
    for (const [rule, { updatedAt }] of findings) {
      seenRules.add(rule);
      seenMoments.add(updatedAt);
    }
  }
  const rules = [...seenRules].sort();
  const moments = [...seenMoments].sort((one, other) => one - other);
  const indexes = new Map(moments.map((moment, index) => [moment, index]));
  const subjects = [...ledger]
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([id, subject]) => toRow(id, subject, rules, indexes));
  const ahead = [...ledger].flatMap(([id, { findings }]) =>
    [...findings].flatMap(([rule, published]) => (published.ahead ? [[id, rule, published.ahead] as const] : [])),
  );
  ahead.sort((one, other) => (one.join() < other.join() ? -1 : 1));
  return ahead.length > 0
    ? { version: versionWithAhead, cluster, rules, moments, subjects, ahead }
    : { version, cluster, rules, moments, subjects };
}

function toRow(
  id: string,
  subject: LedgerSubject,
  rules: readonly string[],
  indexes: ReadonlyMap<number, number>,
): Row {
  const columns = rules.map((rule) => subject.findings.get(rule));
  const present = columns.filter((published) => published !== undefined);
  const updated = present.map(({ updatedAt }) => indexes.get(updatedAt) ?? 0);
  const [first = 0] = updated;
  const row: Row = [
    id,
    subject.createdAt,
    columns.map(letterOf).join(""),
    present.map(({ archived, digest }) => (archived ? "" : digest)).join(""),
    updated.every((index) => index === first) ? first : updated,
  ];
  return subject.unreadSince === undefined ? row : [row[0], row[1], row[2], row[3], row[4], subject.unreadSince];
}

function letterOf(published: Published | undefined): string {
  if (!published) return " ";
  const letter = letters[published.status];
  return published.archived ? letter.toLowerCase() : letter;
}

/**
 * Decodes a ledger. The object may be truncated, written by a newer auditor or by another program, so everything in it
 * is checked. No time may be more than a day after `now` (epoch milliseconds): such a time would stop refreshes, or
 * keep the verdicts of an unreadable node.
 */
export function decodeLedger(cluster: string, bytes: Uint8Array, now: number): Ledger {
  const damaged = (problem: string) => new DamagedLedgerError(cluster, problem);
  const parsed = ledgerModel.safeParse(unpack(cluster, bytes));
  if (!parsed.success) throw damaged(z.prettifyError(parsed.error));
  const { rules, moments, subjects, ahead = [] } = parsed.data;
  if (parsed.data.cluster !== cluster) throw damaged(`it belongs to cluster ${parsed.data.cluster}`);
  const late = lateIn(parsed.data, now + clockTolerance);
  if (late !== undefined) throw damaged(`it contains the time ${late}, more than a day ahead of ${now}`);
  const aheadOf = new Map(ahead.map(([id, rule, updatedAt]) => [`${id} ${rule}`, updatedAt]));
  const ofArchived = new Map<string, LedgerSubject["findings"]>();
  const shelf = { rules, moments, aheadOf, ofArchived, damaged };
  const ledger = new Map(subjects.map((row) => [row[0], toSubject(row, shelf)]));
  if (ledger.size < subjects.length) throw damaged("it contains a node twice");
  return ledger;
}

/** A time after `latest`, epoch milliseconds. */
function lateIn({ moments, subjects }: z.output<typeof ledgerModel>, latest: number): number | undefined {
  return (
    moments.find((moment) => moment > latest) ??
    subjects.flatMap(([, createdAt, , , , unreadSince = 0]) => [createdAt, unreadSince]).find((each) => each > latest)
  );
}

function unpack(cluster: string, bytes: Uint8Array): unknown {
  try {
    return JSON.parse(gunzipSync(bytes, { maxOutputLength: unpackedBytes }).toString());
  } catch (error) {
    throw new DamagedLedgerError(cluster, error instanceof Error ? error.message : String(error), error);
  }
}

interface Shelf {
  rules: readonly string[];
  moments: readonly number[];
  /** UpdatedAt by id and rule. */
  aheadOf: ReadonlyMap<string, number>;
  /**
   * Findings of archived subjects by row. Hundreds of thousands of gone nodes have only a few hundred different rows.
   */
  ofArchived: Map<string, LedgerSubject["findings"]>;
  damaged(problem: string): Error;
}

function toSubject(row: Row, shelf: Shelf): LedgerSubject {
  const [, createdAt, marks, digests, updated, unreadSince] = row;
  const key = digests === "" && shelf.aheadOf.size === 0 ? `${marks} ${updated}` : undefined;
  const findings = (key !== undefined && shelf.ofArchived.get(key)) || findingsIn(row, shelf);
  if (key !== undefined) shelf.ofArchived.set(key, findings);
  return { createdAt, ...(unreadSince !== undefined && { unreadSince }), findings };
}

function findingsIn(
  [id, , marks, digests, updated]: Row,
  { rules, moments, aheadOf, damaged }: Shelf,
): LedgerSubject["findings"] {
  const findings = new Map<string, Published>();
  let position = 0;
  if (marks.length !== rules.length) throw damaged(`${id} has ${marks.length} findings for ${rules.length} rules`);
  for (const [column, rule] of rules.entries()) {
    const letter = marks[column] ?? " ";
    const status = statuses.get(letter.toUpperCase());
    if (status === undefined) continue;
    const archived = letter !== letter.toUpperCase();
    const digest = archived ? "" : digests.slice(position, position + digestLength);
    const updatedAt = moments[typeof updated === "number" ? updated : (updated[findings.size] ?? -1)];
    if (updatedAt === undefined) throw damaged(`${id} lacks the time at which ${rule} was updated`);
    position += digest.length;
    const ahead = aheadOf.get(`${id} ${rule}`);
    findings.set(rule, { status, archived, digest, updatedAt, ...(ahead !== undefined && { ahead }) });
  }
  if (position !== digests.length || digests.length % digestLength > 0)
    throw damaged(`the length of the digests of ${id} does not match its findings`);
  return findings;
}
