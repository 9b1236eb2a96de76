import type { KeptStatus } from "../domain/result.ts";
import { type Owns, ownsAll } from "../domain/scope.ts";

/** What Security Hub accepted last of one finding. */
export interface Published {
  status: KeptStatus;
  archived: boolean;
  /** Of what the finding says, see digest.ts; not asked for when it is archived. */
  digest: string;
  /** When it was sent, epoch milliseconds; its UpdatedAt, unless `ahead` is there. */
  updatedAt: number;
  /** Its UpdatedAt, epoch milliseconds, where that lies more than a day after it was sent: a clock was wrong. */
  ahead?: number;
}

/** Milliseconds by which a time may lie in the future and still be taken for a time of ours. */
export const clockTolerance = 86_400_000;

/** 9999-12-31T23:59:59.999Z: later times have no ISO 8601 form with four digits for the year, which ASFF asks for. */
export const latestUpdatedAt = 253_402_300_799_999;

/** The times of a finding whose UpdatedAt is `updatedAt`, for a ledger that is written at `now`; epoch milliseconds. */
export function timesOf(updatedAt: number, now: number): Pick<Published, "updatedAt" | "ahead"> {
  return updatedAt > now + clockTolerance ? { updatedAt: now, ahead: updatedAt } : { updatedAt };
}

/** UpdatedAt as Security Hub holds it, epoch milliseconds. */
export function updatedAtOf({ updatedAt, ahead = updatedAt }: Published): number {
  return ahead;
}

/** One node, or the cluster as a whole, and its findings by rule id. */
export interface LedgerSubject {
  /** CreatedAt of all its findings, epoch milliseconds. It never changes. */
  createdAt: number;
  /** Since when verdicts about it have been missing, epoch milliseconds; absent while there are all. */
  unreadSince?: number;
  findings: ReadonlyMap<string, Published>;
}

/** One cluster's subjects by instance id; "cluster" is the cluster itself. */
export type Ledger = ReadonlyMap<string, LedgerSubject>;

/**
 * The ledger after two runs that did not know of each other: of each finding the later word, as Security Hub keeps it.
 * A node that one of them could read is readable. Of what `one` does not own, the other has the only word.
 */
export function merge(one: Ledger, other: Ledger, owns: Owns = ownsAll): Ledger {
  const merged = new Map([...one].filter(([id]) => owns(id)));
  for (const [id, subject] of other) {
    const known = merged.get(id);
    merged.set(id, known ? mergeSubjects(known, subject) : subject);
  }
  return merged;
}

function mergeSubjects(one: LedgerSubject, other: LedgerSubject): LedgerSubject {
  const findings = new Map(one.findings);
  for (const [rule, published] of other.findings) {
    const known = findings.get(rule);
    if (!known || updatedAtOf(known) < updatedAtOf(published)) findings.set(rule, published);
  }
  const createdAt = Math.min(one.createdAt, other.createdAt);
  if (one.unreadSince === undefined || other.unreadSince === undefined) return { createdAt, findings };
  return { createdAt, unreadSince: Math.min(one.unreadSince, other.unreadSince), findings };
}
