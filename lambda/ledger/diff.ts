import type { Import } from "../domain/finding.ts";
import type { Place } from "../domain/place.ts";
import { findingId, keptStatus, startOf } from "../domain/result.ts";
import { ownsAll } from "../domain/scope.ts";
import type { Seen, SeenSubject } from "../domain/seen.ts";
import { unseen, unsure } from "../securityhub/digest.ts";
import { archivedPeriod, decide } from "./decide.ts";
import type { Ledger, LedgerSubject } from "./ledger.ts";

export interface Diff {
  /** What has to be sent. */
  imports: readonly Import[];
  /** Findings that Security Hub has as they are. */
  unchanged: number;
  /** Findings that keep a verdict which this run could neither confirm nor refute. */
  held: number;
  /** Ids of findings that Security Hub would not update: see `send` in decide.ts. */
  locked: readonly string[];
  /** The ledger once Security Hub has accepted every import. */
  next: Ledger;
}

/** What to send so that Security Hub holds what this run saw, given what it accepted before. `now` is epoch milliseconds. */
export function diff(place: Place, ledger: Ledger, seen: Seen, now: number): Diff {
  const subjects = new Map(seen.subjects.map((each) => [each.subject.id, each]));
  const imports: Import[] = [];
  const locked: string[] = [];
  const { owns = ownsAll } = seen;
  const next = new Map([...ledger].filter(([id]) => !owns(id)));
  const counts = { unchanged: 0, held: 0, remembered: 0 };
  for (const id of new Set([...ledger.keys().filter(owns), ...subjects.keys()])) {
    const [known, subject] = [ledger.get(id), subjects.get(id)];
    if (known && !subject && isRemembered(known, now)) {
      next.set(id, known);
      continue;
    }
    const after = { ...nextSubject(known, subject, seen.complete, now), findings: new Map(known?.findings) };
    const results = new Map(subject?.results.map((result) => [result.rule.id, result]));
    for (const rule of new Set([...after.findings.keys(), ...results.keys()])) {
      const context = { place, seen, isPresent: subject !== undefined, id, rule, after, now };
      const step = decide(context, known?.findings.get(rule), results.get(rule));
      if (step.outcome === "locked") locked.push(findingId(place, seen.cluster, id, rule));
      else if (typeof step.outcome === "string") counts[step.outcome] += 1;
      else imports.push(step.outcome);
      if (step.published) after.findings.set(rule, step.published);
      else after.findings.delete(rule);
    }
    if (after.findings.size > 0) next.set(id, after);
  }
  return { imports, unchanged: counts.unchanged, held: counts.held, locked, next };
}

/** Whether all of a gone subject's findings are archived, and none is to be forgotten: of such there may be 100,000s. */
function isRemembered({ findings }: LedgerSubject, now: number): boolean {
  return findings.values().every(({ archived, updatedAt }) => archived && now - updatedAt <= archivedPeriod);
}

function nextSubject(
  known: LedgerSubject | undefined,
  seen: SeenSubject | undefined,
  complete: boolean,
  now: number,
): Omit<LedgerSubject, "findings"> {
  const createdAt = known?.createdAt ?? (seen ? Math.min(now, startOf(seen.subject)) : now);
  if (!seen && complete) return { createdAt };
  if (seen && isReadable(seen) && !isVerdictLost(known, seen, complete)) return { createdAt };
  // A clock that was ahead must not prolong the time for which verdicts are kept.
  return { createdAt, unreadSince: Math.min(known?.unreadSince ?? now, now) };
}

/** A rule that could be judged before lacks what AWS did not return in this run, or has a defect that this node shows. */
function isVerdictLost(known: LedgerSubject | undefined, { results }: SeenSubject, complete: boolean): boolean {
  return results.some(({ rule, status, reasons }) => {
    const before = known?.findings.get(rule.id);
    const hadVerdict = before !== undefined && !before.archived && before.status !== "notAvailable";
    const isDefect = reasons.some(({ code }) => code === "RULE_ERROR");
    return hadVerdict && keptStatus(status) === "notAvailable" && (isDefect || !complete);
  });
}

function isReadable({ subject }: SeenSubject): boolean {
  return subject.kind === "cluster" || subject.unreadable === undefined;
}

/** What became of an import. "unsure" is one that was under way when the run ended or the connection broke. */
export type Fate = "accepted" | "refused" | "unsure";

/**
 * The ledger before all imports are done, or when not all went well. What was refused still says what it said; what
 * Security Hub may or may not have taken is sent again by the next run, whatever that sees.
 */
export function settle(before: Ledger, { next, imports }: Diff, fateOf: (findingId: string) => Fate): Ledger {
  const ledger = new Map(next);
  for (const { why, subject: id, rule, id: findingId } of imports) {
    const fate = fateOf(findingId);
    const subject = ledger.get(id);
    if (!subject || fate === "accepted") continue;
    const published = before.get(id)?.findings.get(rule);
    const sent = subject.findings.get(rule);
    const findings = new Map(subject.findings);
    // A refresh says nothing new, so nothing is lost with it.
    if (fate === "unsure" && why !== "refresh" && sent) {
      const isThere = why === "changed" && published?.digest !== unseen;
      findings.set(rule, { ...sent, archived: false, digest: isThere ? unsure : unseen });
    } else if (published) findings.set(rule, published);
    else findings.delete(rule);
    if (findings.size > 0) ledger.set(id, { ...subject, findings });
    else ledger.delete(id);
  }
  return ledger;
}
