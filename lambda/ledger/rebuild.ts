import { type HeldFinding, type HubReading, readFindings } from "../securityhub/read.ts";
import { type Ledger, type LedgerSubject, latestUpdatedAt, type Published, timesOf } from "./ledger.ts";

/** The rule that fails on an unreadable node. */
const nodeAuditable = "node-auditable";

/**
 * Rebuilds a cluster's ledger from the findings in Security Hub, at 300 findings per second. If time runs out, the
 * ledger is incomplete: the run sends the missing findings again, and those of gone nodes expire in Security Hub. `now`
 * is epoch milliseconds. Returns undefined as soon as `isSuperseded` returns true after a page.
 */
export async function rebuildLedger(
  reading: HubReading,
  cluster: string,
  { until, now, isSuperseded }: { until: number; now: number; isSuperseded(): Promise<boolean> },
): Promise<{ ledger: Ledger; whole: boolean } | undefined> {
  const subjects = new Map<string, LedgerSubject>();
  for await (const { findings, isLast } of readFindings(reading, cluster)) {
    for (const finding of findings) note(subjects, finding, now);
    if (isLast) break;
    if (await isSuperseded()) return undefined;
    if (Date.now() >= until) return { ledger: subjects, whole: false };
  }
  return { ledger: subjects, whole: true };
}

/** Puts a finding from Security Hub into the ledger, in place of its entry. */
export function note(ledger: Map<string, LedgerSubject>, finding: HeldFinding, now: number): void {
  const { subject: id, rule } = finding;
  const created = Math.min(now, timeOf(finding.createdAt));
  const { createdAt = created, unreadSince, findings } = ledger.get(id) ?? {};
  const entry = entryOf(finding, now);
  const since = rule === nodeAuditable ? unreadableSince(entry, now) : unreadSince;
  ledger.set(id, {
    createdAt: Math.min(createdAt, created),
    ...(since !== undefined && { unreadSince: since }),
    findings: new Map(findings).set(rule, entry),
  });
}

/**
 * The time since which a node has been unreadable. Security Hub does not hold that time. The node was unreadable when
 * this finding was sent, so the result is the time of sending.
 */
function unreadableSince({ status, archived, updatedAt }: Published, now: number): number | undefined {
  return status === "failed" && !archived ? Math.min(now, updatedAt) : undefined;
}

/**
 * Limits a time to `now`. A wrong clock or another importer can write future times into findings, and no ledger may
 * contain them.
 */
export function entryOf({ status, archived, digest, updatedAt }: HeldFinding, now: number): Published {
  return { status, archived, digest, ...timesOf(timeOf(updatedAt), now) };
}

/** Epoch milliseconds; 0 for a text that is not a time. */
export function timeOf(text: string): number {
  return Math.min(latestUpdatedAt, Math.max(0, Date.parse(text) || 0));
}
