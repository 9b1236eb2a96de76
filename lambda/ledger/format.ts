import { gunzipSync, gzipSync } from "node:zlib";
import * as z from "zod";
import { digestLength } from "../securityhub/digest.ts";
import { clockTolerance, type Ledger, type LedgerSubject, latestUpdatedAt, type Published } from "./ledger.ts";

/** Goes up when an older auditor could not read what this one writes. */
const version = 1;

/** Version of a ledger with the member `ahead`; one without it is still written for auditors that do not have it. */
const versionWithAhead = 2;

/** Bytes of an unpacked ledger: 100,000 nodes with 16 rules take about 20 MB, gone ones included. */
const unpackedBytes = 64_000_000;

/** A ledger that cannot be used. What it said can be asked of Security Hub again. */
export class DamagedLedgerError extends Error {
  override readonly name = "DamagedLedgerError";
  constructor(cluster: string, problem: string, cause?: unknown) {
    super(`The ledger of cluster ${cluster} cannot be used: ${problem}.`, { cause });
  }
}

/** One letter per finding: what its status is, small when it is archived, a blank when there is none. */
const letters = { P: "passed", W: "excepted", F: "failed", N: "notAvailable" } as const;

/**
 * On the shelf: rules and moments are told once; a subject is a row of its id, CreatedAt, the letters and the digests of
 * its findings in the order of the rules, when each was updated (an index into `moments`; one number where all are the
 * same) and, where it could not be read, since when.
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

/** Id of the subject, rule, and the UpdatedAt that lies ahead of our clock. */
const aheadModel = z.tuple([z.string(), z.string(), time.max(latestUpdatedAt)]);

const ledgerModel = z.strictObject({
  version: z.union([z.literal(version), z.literal(versionWithAhead)]),
  cluster: z.string(),
  rules: z.array(z.string().min(1)),
  moments: z.array(time),
  subjects: z.array(rowModel),
  ahead: z.array(aheadModel).exactOptional(),
});

/** The ledger of a cluster is larger than any auditor reads, even without the nodes that are gone. */
export class LedgerTooLargeError extends Error {
  override readonly name = "LedgerTooLargeError";
  constructor(cluster: string, bytes: number, most: number) {
    super(
      `The ledger of cluster ${cluster} has ${bytes} bytes, and an auditor reads ${most}. Switch rules off in the setting "rules".`,
    );
  }
}

/**
 * gzip of JSON; the same ledger always gives the same bytes. What `decodeLedger` would refuse is not written: the nodes that
 * were archived first are left out where the ledger would have more than `most` bytes. A node that comes back after that has a
 * new finding.
 */
export function encodeLedger(cluster: string, ledger: Ledger, most = unpackedBytes): Buffer {
  // Everything in it is ASCII, so that characters are bytes.
  const text = JSON.stringify(toShelf(cluster, ledger));
  if (text.length <= most) return gzipSync(text, { level: 9 });
  const smaller = withoutOldest(ledger, text.length - most);
  if (smaller.size === ledger.size) throw new LedgerTooLargeError(cluster, text.length, most);
  return encodeLedger(cluster, smaller, most);
}

/** The ledger with about `excess` bytes less of nodes that are archived as a whole. */
function withoutOldest(ledger: Ledger, excess: number): Ledger {
  const archivedAt = ({ findings }: LedgerSubject) => Math.max(...[...findings.values()].map((each) => each.updatedAt));
  const gone = [...ledger]
    .filter(([, { findings }]) => findings.values().every(({ archived }) => archived))
    .map(([id, subject]) => ({ id, at: archivedAt(subject), bytes: id.length + subject.findings.size + rowBytes }))
    .sort((one, other) => one.at - other.at);
  const left = new Map(ledger);
  let freed = 0;
  for (const { id, bytes } of gone) {
    if (freed >= excess) break;
    left.delete(id);
    freed += bytes;
  }
  return left;
}

/** Bytes of a row besides its id and its letters: CreatedAt, an index, and what JSON puts around them. */
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
  const letter = Object.entries(letters).find(([, status]) => status === published?.status)?.[0] ?? " ";
  return published?.archived ? letter.toLowerCase() : letter;
}

/**
 * Reads what `encode` wrote. The object may be cut, foreign, from a newer auditor or written by somebody else, so
 * everything in it is checked. No time may lie more than a day after `now` (epoch milliseconds): such a time would stop
 * refreshes, or keep a verdict of a node that cannot be read.
 */
export function decodeLedger(cluster: string, bytes: Uint8Array, now: number): Ledger {
  const damaged = (problem: string) => new DamagedLedgerError(cluster, problem);
  const parsed = ledgerModel.safeParse(unpack(cluster, bytes));
  if (!parsed.success) throw damaged(z.prettifyError(parsed.error));
  const { rules, moments, subjects, ahead = [] } = parsed.data;
  if (parsed.data.cluster !== cluster) throw damaged(`it is cluster ${parsed.data.cluster}'s`);
  const late = lateIn(parsed.data, now + clockTolerance);
  if (late !== undefined) throw damaged(`it contains the time ${late}, more than a day ahead of ${now}`);
  const aheadOf = new Map(ahead.map(([id, rule, updatedAt]) => [`${id} ${rule}`, updatedAt]));
  const ofArchived = new Map<string, LedgerSubject["findings"]>();
  const shelf = { rules, moments, aheadOf, ofArchived, damaged };
  const ledger = new Map(subjects.map((row) => [row[0], toSubject(row, shelf)]));
  if (ledger.size < subjects.length) throw damaged("a node stands in it twice");
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
  /** By id and rule. */
  aheadOf: ReadonlyMap<string, number>;
  /** Findings of archived subjects, by their row. Hundreds of thousands of gone nodes share a few hundred of them. */
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
    const status = Object.entries(letters).find(([upper]) => upper === letter.toUpperCase())?.[1];
    if (status === undefined) continue;
    const archived = letter !== letter.toUpperCase();
    const digest = archived ? "" : digests.slice(position, position + digestLength);
    const updatedAt = moments[typeof updated === "number" ? updated : (updated[findings.size] ?? -1)];
    if (updatedAt === undefined) throw damaged(`${id} does not tell when ${rule} was updated`);
    position += digest.length;
    const ahead = aheadOf.get(`${id} ${rule}`);
    findings.set(rule, { status, archived, digest, updatedAt, ...(ahead !== undefined && { ahead }) });
  }
  if (position !== digests.length || digests.length % digestLength > 0) throw damaged(`${id} has the wrong digests`);
  return findings;
}
