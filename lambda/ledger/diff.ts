import type { Import } from "../domain/finding.ts";
import type { Place } from "../domain/place.ts";
import { findingId, keptStatus, startOf } from "../domain/result.ts";
import { ownsAll } from "../domain/scope.ts";
import type { Seen, SeenSubject } from "../domain/seen.ts";
import { unseen, unsure } from "../securityhub/digest.ts";
import { archivedPeriod, decide } from "./decide.ts";
import type { Ledger, LedgerSubject } from "./ledger.ts";

export interface Diff {
  /** The findings to send. */
  imports: readonly Import[];
  /** Number of findings that did not change. */
  unchanged: number;
  /** Number of findings that keep their verdict although this run could not confirm it. */
  held: number;
  /** Ids of findings that Security Hub cannot update: see `send` in decide.ts. */
  locked: readonly string[];
  /** The ledger after Security Hub has accepted every import. */
  next: Ledger;
}

/** Compares the ledger with the results of this run, and returns the findings to send. `now` is epoch milliseconds. */
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
    // The run did not reach this new node in time. The first run that reads the node publishes its first findings.
    if (!known && subject && isOutOfTime(subject)) continue;
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

/**
 * Whether a gone subject needs no work: all its findings are archived, and the ledger still keeps them. There may be
 * hundreds of thousands of such subjects.
 */
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
  // A clock that was ahead must not extend the grace period.
  return { createdAt, unreadSince: Math.min(known?.unreadSince ?? now, now) };
}

/**
 * Whether a rule lost its verdict because AWS did not return everything in this run, or because the rule failed on this
 * node.
 */
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

function isOutOfTime({ subject }: SeenSubject): boolean {
  return subject.kind === "node" && subject.unreadable?.code === "OUT_OF_TIME";
}

/** The outcome of an import. "unsure" means that the run ended or the connection broke during the call. */
export type Fate = "accepted" | "refused" | "unsure";

/**
 * The ledger while imports are under way, or after some of them failed. A rejected finding keeps its old entry. A
 * finding that Security Hub may or may not have accepted is marked, so that the next run sends it again.
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
    // A refresh has no new content, so a lost refresh needs no mark.
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
