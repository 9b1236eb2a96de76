import { createHash } from "node:crypto";
import type { Absence, FindingUpdate, Import } from "../domain/finding.ts";
import type { Place } from "../domain/place.ts";
import { findingId, keptStatus, type Result } from "../domain/result.ts";
import type { Seen } from "../domain/seen.ts";
import { digestOf, unseen } from "../securityhub/digest.ts";
import { type LedgerSubject, latestUpdatedAt, type Published, timesOf, updatedAtOf } from "./ledger.ts";

/** What becomes of one finding, and what the ledger says of it afterwards; nothing, once it may be forgotten. */
export interface Decision {
  outcome: Import | "unchanged" | "held" | "remembered" | "locked";
  published?: Published;
}

const hour = 3_600_000;
const day = 24 * hour;

/**
 * Milliseconds after which a finding that stays the same is sent again. Security Hub deletes an active finding 90 days after
 * its last update, so a finding survives two failed refreshes.
 * Source: AWS General Reference, "AWS Security Hub CSPM endpoints and quotas".
 */
const refreshPeriod = 30 * day;

/** Milliseconds for which a node that can no longer be read keeps its verdicts. */
const gracePeriod = 24 * hour;

/**
 * Milliseconds for which archived findings are remembered. Security Hub deletes them after as long: if the node comes back
 * earlier, the finding keeps its CreatedAt. A later one is a new finding for Security Hub as well.
 * Source: AWS General Reference, "AWS Security Hub CSPM endpoints and quotas".
 */
export const archivedPeriod = 30 * day;

/** All that decides on one finding, besides what was said of it before and what is said now. */
export interface DecisionContext {
  place: Place;
  seen: Seen;
  id: string;
  rule: string;
  /** The subject is there, whatever it says. */
  isPresent: boolean;
  after: Omit<LedgerSubject, "findings">;
  /** Epoch milliseconds. */
  now: number;
}

export function decide(context: DecisionContext, before: Published | undefined, result: Result | undefined): Decision {
  if (result) return compare(context, before, result);
  if (before === undefined || before.archived) return remember(context, before);
  if (context.seen.complete) return archive(context, before);
  if (context.isPresent || before.status === "notAvailable" || isAwaited(context))
    return { outcome: "held", published: before };
  return end(context, "changed", before, { status: "notAvailable", archived: false, digest: unlisted }, "NOT_LISTED");
}

/** Digest of a finding about a node that AWS no longer lists, though it does not list everything. No result has it. */
const unlisted = "...--";

function compare(context: DecisionContext, before: Published | undefined, result: Result): Decision {
  const said = { status: keptStatus(result.status), digest: digestOf(result) };
  const why = before ? reasonToSend(context, before, said) : "new";
  if (why !== "unchanged" && why !== "held") return send(context, why, before, { ...said, archived: false }, result);
  return { outcome: why, ...(before && { published: before }) };
}

/** A verdict that only went missing is waited for; one that changed is told at once. */
function reasonToSend(
  context: DecisionContext,
  before: Published,
  said: Pick<Published, "status" | "digest">,
): Exclude<Import["why"], "new" | "archived"> | "unchanged" | "held" {
  const { id, now } = context;
  const { complete } = context.seen;
  if (before.archived) return "reactivated";
  if (before.digest === unseen) return "changed";
  // What was sent a moment ago is as good as refreshed, so that a run right after another has nothing to say.
  const isDue = now - before.updatedAt >= day && crossesPhase(id, before.updatedAt, now, refreshPeriod);
  const hasSameStatus = said.status === before.status;
  if (hasSameStatus && said.digest === before.digest) return isDue ? "refresh" : "unchanged";
  if (said.status === "notAvailable" && isAwaited(context)) return "held";
  // Of a cluster that AWS told only half of, the words lack the other half.
  return complete || isDue || !hasSameStatus ? "changed" : "held";
}

/** A verdict that is missing is waited for, whatever the reason that it is missing for, but not longer than the grace. */
function isAwaited({ after: { unreadSince }, now }: DecisionContext): boolean {
  return unreadSince !== undefined && now - unreadSince < gracePeriod;
}

/** Each subject has its own moment in the period, so that nodes that started at once are not refreshed at once. */
function crossesPhase(id: string, before: number, now: number, period: number): boolean {
  const offset = (createHash("sha256").update(id).digest().readUInt32BE() / 2 ** 32) * period;
  return Math.floor((now + offset) / period) > Math.floor((before + offset) / period);
}

/** What is archived need only be known, should it come back. */
function remember({ now }: DecisionContext, before: Published | undefined): Decision {
  const isPast = before === undefined || now - before.updatedAt > archivedPeriod;
  return { outcome: "remembered", ...(!isPast && { published: before }) };
}

function archive(context: DecisionContext, before: Published): Decision {
  const { status } = before;
  const absence = context.seen.absence ?? absenceOf(context);
  return end(context, "archived", before, { status, archived: true, digest: "" }, absence);
}

function end(
  context: DecisionContext,
  why: "archived" | "changed",
  before: Published,
  said: Omit<Published, "updatedAt" | "ahead">,
  absence: Absence,
): Decision {
  const { place, seen, id, rule } = context;
  const ended = { place, cluster: seen.cluster, subject: id, rule, status: said.status, absence };
  return send(context, why, before, said, ended);
}

function absenceOf({ id, isPresent }: DecisionContext): Absence {
  if (isPresent) return "RULE_OFF";
  return id === "cluster" ? "CAPACITY_GONE" : "NODE_GONE";
}

/**
 * Security Hub ignores an update that is not later than the last one, so it is later even if our clock went back. No update is
 * later than the end of the year 9999, so a finding with that time is locked.
 */
function send(
  { place, seen, id, rule, after, now }: DecisionContext,
  why: Import["why"],
  before: Published | undefined,
  said: Omit<Published, "updatedAt" | "ahead">,
  content: FindingUpdate["content"],
): Decision {
  if (before && updatedAtOf(before) >= latestUpdatedAt) return { outcome: "locked", published: before };
  const updatedAt = Math.min(latestUpdatedAt, Math.max(now, before ? updatedAtOf(before) + 1 : 0));
  const identity = { id: findingId(place, seen.cluster, id, rule), subject: id, rule };
  const outcome = { why, ...identity, createdAt: after.createdAt, updatedAt, content };
  return { outcome, published: { ...said, ...timesOf(updatedAt, now) } };
}
