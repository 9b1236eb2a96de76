import { gunzipSync, gzipSync } from "node:zlib";
import * as z from "zod";
import { digestLength } from "./digest.ts";
import type { Ledger, Published, Subject } from "./ledger.ts";

/** Goes up when an older auditor could not read what this one writes. */
const version = 1;

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
const letters = { P: "PASSED", W: "WARNING", F: "FAILED", N: "NOT_AVAILABLE" } as const;

/**
 * On the shelf: rules and moments are told once; a subject is a row of its id, CreatedAt, the letters and the digests of
 * its findings in the order of the rules, when each was updated (an index into `moments`; one number where all are the
 * same) and, where it could not be read, since when.
 */
const rowModel = z.tuple([
  z.string().min(1).max(100),
  z.number(),
  z.string().regex(/^[PWFNpwfn ]*$/),
  z.string().regex(/^[\w.-]*$/),
  z.union([z.number(), z.array(z.number())]),
  z.number().optional(),
]);
type Row = z.output<typeof rowModel>;

const ledgerModel = z.strictObject({
  version: z.literal(version),
  cluster: z.string(),
  rules: z.array(z.string().min(1)),
  moments: z.array(z.number().int().nonnegative()),
  subjects: z.array(rowModel),
});

/** gzip of JSON; the same ledger always gives the same bytes. */
export function encode(cluster: string, ledger: Ledger): Buffer {
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
  return gzipSync(JSON.stringify({ version, cluster, rules, moments, subjects }), { level: 9 });
}

function toRow(id: string, subject: Subject, rules: readonly string[], indexes: ReadonlyMap<number, number>): Row {
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

/** Reads what `encode` wrote, and takes nothing for granted: the object may be cut, foreign or from a newer auditor. */
export function decode(cluster: string, bytes: Uint8Array): Ledger {
  const parsed = ledgerModel.safeParse(unpack(cluster, bytes));
  if (!parsed.success) throw new DamagedLedgerError(cluster, z.prettifyError(parsed.error));
  const { rules, moments, subjects } = parsed.data;
  if (parsed.data.cluster !== cluster) throw new DamagedLedgerError(cluster, `it is cluster ${parsed.data.cluster}'s`);
  const ledger = new Map(
    subjects.map((row) => [
      row[0],
      toSubject(row, rules, moments, (problem) => new DamagedLedgerError(cluster, problem)),
    ]),
  );
  if (ledger.size < subjects.length) throw new DamagedLedgerError(cluster, "a node stands in it twice");
  return ledger;
}

function unpack(cluster: string, bytes: Uint8Array): unknown {
  try {
    return JSON.parse(gunzipSync(bytes, { maxOutputLength: unpackedBytes }).toString());
  } catch (error) {
    throw new DamagedLedgerError(cluster, error instanceof Error ? error.message : String(error), error);
  }
}

function toSubject(
  [id, createdAt, marks, digests, updated, unreadSince]: Row,
  rules: readonly string[],
  moments: readonly number[],
  damaged: (problem: string) => Error,
): Subject {
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
    findings.set(rule, { status, archived, digest, updatedAt });
  }
  if (position !== digests.length || digests.length % digestLength > 0) throw damaged(`${id} has the wrong digests`);
  return { createdAt, ...(unreadSince !== undefined && { unreadSince }), findings };
}
