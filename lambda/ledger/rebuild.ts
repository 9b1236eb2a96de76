import type { SecurityHubClient } from "@aws-sdk/client-securityhub";
import type { Home } from "../domain/node.ts";
import { type HeldFinding, readFindings } from "../securityhub/read.ts";
import { type Ledger, latestUpdatedAt, type Published, type Subject, timesOf } from "./ledger.ts";

/** How Security Hub is asked: at its pace, which all clusters share, and until a time in epoch milliseconds. */
export interface Asking {
  turn(): number;
  until: number;
}

/** The rule that fails while a node cannot be read. */
const nodeAuditable = "node-auditable";

/** A subject that is still being filled. */
interface Draft extends Subject {
  findings: Map<string, Published>;
}

/**
 * What Security Hub holds of a cluster's findings, at 300 findings a second. When time runs out the ledger is rebuilt in
 * part: the run sends again what is then unknown, and what is gone expires in Security Hub. `now` is epoch milliseconds.
 */
export async function rebuildLedger(
  hub: SecurityHubClient,
  home: Home,
  cluster: string,
  { turn, until, now }: Asking & { now: number },
): Promise<{ ledger: Ledger; whole: boolean }> {
  const subjects = new Map<string, Draft>();
  for await (const { findings, isLast } of readFindings(hub, home, cluster, turn)) {
    for (const finding of findings) note(subjects, finding, now);
    if (!isLast && Date.now() >= until) return { ledger: subjects, whole: false };
  }
  return { ledger: subjects, whole: true };
}

/** A wrong clock or another importer can write future times into findings, and no ledger may contain them. */
function note(subjects: Map<string, Draft>, finding: HeldFinding, now: number): void {
  const { subject: id, rule, status, archived, digest } = finding;
  const createdAt = Math.min(now, timeOf(finding.createdAt));
  const subject: Draft = subjects.get(id) ?? { createdAt, findings: new Map() };
  const published = { status, archived, digest, ...timesOf(timeOf(finding.updatedAt), now) };
  subject.findings.set(rule, published);
  subject.createdAt = Math.min(subject.createdAt, createdAt);
  // Security Hub does not hold since when the node has been unreadable, but it was by then.
  if (rule === nodeAuditable && status === "failed" && !archived)
    subject.unreadSince = Math.min(now, published.updatedAt);
  subjects.set(id, subject);
}

/** Epoch milliseconds; 0 for what is not a time. */
function timeOf(text: string): number {
  return Math.min(latestUpdatedAt, Math.max(0, Date.parse(text) || 0));
}
