import type { KeptStatus } from "../domain/result.ts";
import { type Owns, ownsAll } from "../domain/scope.ts";
import { unseen, unsure } from "../securityhub/digest.ts";

/** The version of one finding that Security Hub accepted last. */
export interface Published {
  status: KeptStatus;
  archived: boolean;
  /** Digest of the finding's content, see digest.ts; empty if the finding is archived. */
  digest: string;
  /** When the finding was sent, epoch milliseconds. This is its UpdatedAt, unless `ahead` is present. */
  updatedAt: number;
  /**
   * UpdatedAt of the finding, epoch milliseconds. Present if it is more than a day later than the time of sending,
   * which a wrong clock can cause.
   */
  ahead?: number;
}

/** Milliseconds by which a time may be in the future and still be accepted. Clocks differ a little. */
export const clockTolerance = 86_400_000;

/** 9999-12-31T23:59:59.999Z. Later times have no ISO 8601 form with a four-digit year, which ASFF requires. */
export const latestUpdatedAt = 253_402_300_799_999;

/**
 * Returns the ledger's times for a finding with this UpdatedAt. The ledger is written at `now`. All times are epoch
 * milliseconds.
 */
export function timesOf(updatedAt: number, now: number): Pick<Published, "updatedAt" | "ahead"> {
  return updatedAt > now + clockTolerance ? { updatedAt: now, ahead: updatedAt } : { updatedAt };
}

/** UpdatedAt in Security Hub, epoch milliseconds. */
export function updatedAtOf({ updatedAt, ahead = updatedAt }: Published): number {
  return ahead;
}

/** One node, or the cluster as a whole, and its findings by rule id. */
export interface LedgerSubject {
  /** CreatedAt of all its findings, epoch milliseconds. It never changes. */
  createdAt: number;
  /**
   * The time since which verdicts about the subject have been missing, epoch milliseconds; absent if none is missing.
   */
  unreadSince?: number;
  findings: ReadonlyMap<string, Published>;
}

/** One cluster's subjects by instance id; "cluster" is the cluster itself. */
export type Ledger = ReadonlyMap<string, LedgerSubject>;

/**
 * Merges the ledgers of two concurrent runs. The later update of each finding counts, as in Security Hub. A node that
 * one run could read is readable. Subjects that `one` does not own are taken from `other`.
 */
export function merge(one: Ledger, other: Ledger, owns: Owns = ownsAll): Ledger {
  const merged = new Map([...one].filter(([id]) => owns(id)));
  for (const [id, subject] of other) {
    const known = merged.get(id);
    merged.set(id, known ? mergeSubjects(known, subject) : subject);
  }
  return merged;
}

/**
 * Whether `one` is the later entry. Two entries with the same time come from one import: the mark before the import and
 * its outcome.
 */
function isLater(one: Published, other: Published): boolean {
  const difference = updatedAtOf(one) - updatedAtOf(other);
  return difference > 0 || (difference === 0 && isDoubtful(other) && !isDoubtful(one));
}

/** Whether the last import may have failed, so that the next run sends the finding again. */
export function isDoubtful({ digest }: Published): boolean {
  return digest === unsure || digest === unseen;
}

function mergeSubjects(one: LedgerSubject, other: LedgerSubject): LedgerSubject {
  const findings = new Map(one.findings);
  for (const [rule, published] of other.findings) {
    const known = findings.get(rule);
    if (!known || isLater(published, known)) findings.set(rule, published);
  }
  const createdAt = Math.min(one.createdAt, other.createdAt);
  if (one.unreadSince === undefined || other.unreadSince === undefined) return { createdAt, findings };
  return { createdAt, unreadSince: Math.min(one.unreadSince, other.unreadSince), findings };
}
