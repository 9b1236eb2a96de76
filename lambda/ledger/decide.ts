import { createHash } from "node:crypto";
import type { Absence, FindingUpdate, Import } from "../domain/finding.ts";
import type { Place } from "../domain/place.ts";
import { findingId, keptStatus, type Result } from "../domain/result.ts";
import type { Seen } from "../domain/seen.ts";
import { digestOf, unseen } from "../securityhub/digest.ts";
import { type LedgerSubject, latestUpdatedAt, type Published, timesOf, updatedAtOf } from "./ledger.ts";

/** The action for one finding, and its ledger entry afterwards. Without `published` the ledger forgets the finding. */
export interface Decision {
  outcome: Import | "unchanged" | "held" | "remembered" | "locked";
  published?: Published;
}

const hour = 3_600_000;
const day = 24 * hour;

/**
 * Milliseconds after which an unchanged finding is sent again. Security Hub deletes an active finding 90 days after
 * its last update, so a finding survives two failed refreshes.
 * Source: AWS General Reference, "AWS Security Hub CSPM endpoints and quotas".
 */
const refreshPeriod = 30 * day;

/** Milliseconds for which a node that became unreadable keeps its verdicts. */
const gracePeriod = 24 * hour;

/**
 * Milliseconds for which the ledger keeps archived findings. Security Hub deletes them after the same time. If the node
 * returns earlier, the finding keeps its CreatedAt; if it returns later, the finding is new for Security Hub as well.
 * Source: AWS General Reference, "AWS Security Hub CSPM endpoints and quotas".
 */
export const archivedPeriod = 30 * day;

/** Facts about a run that decide the action for one finding, besides its ledger entry and its new result. */
export interface DecisionContext {
  place: Place;
  seen: Seen;
  id: string;
  rule: string;
  /** The run saw the subject, readable or not. */
  isPresent: boolean;
  after: Omit<LedgerSubject, "findings">;
  /** Epoch milliseconds. */
  now: number;
}

export function decide(context: DecisionContext, before: Published | undefined, result: Result | undefined): Decision {
  if (result) return compare(context, before, result);
  if (before === undefined || before.archived) return remember(context, before);
  if (isNewer(context, before)) return { outcome: "held", published: before };
  if (context.seen.complete) return archive(context, before);
  if (context.isPresent || before.status === "notAvailable" || isAwaited(context, before))
    return { outcome: "held", published: before };
  return end(context, "changed", before, { status: "notAvailable", archived: false, digest: unlisted }, "NOT_LISTED");
}

/**
 * Digest of a finding about a node that AWS does not list while its lists are incomplete. No result has this digest.
 */
const unlisted = "...--";

function compare(context: DecisionContext, before: Published | undefined, result: Result): Decision {
  const said = { status: keptStatus(result.status), digest: digestOf(result) };
  const why = before ? reasonToSend(context, before, said) : "new";
  if (why !== "unchanged" && why !== "held") return send(context, why, before, { ...said, archived: false }, result);
  return { outcome: why, ...(before && { published: before }) };
}

/**
 * Why the result is sent, or not. A missing verdict is held for the grace period; a changed verdict is sent at once.
 */
function reasonToSend(
  context: DecisionContext,
  before: Published,
  said: Pick<Published, "status" | "digest">,
): Exclude<Import["why"], "new" | "archived"> | "unchanged" | "held" {
  const { id, now } = context;
  const { complete } = context.seen;
  if (before.archived) return isNewer(context, before) ? "held" : "reactivated";
  if (before.digest === unseen) return "changed";
  // A finding that was sent within the last day is not refreshed, so that a run shortly after another sends nothing.
  const isDue = now - before.updatedAt >= day && crossesPhase(id, before.updatedAt, now, refreshPeriod);
  const hasSameStatus = said.status === before.status;
  if (hasSameStatus && said.digest === before.digest) return isDue ? "refresh" : "unchanged";
  if (said.status === "notAvailable" && isAwaited(context, before)) return "held";
  // If AWS did not return everything about the cluster, a text with the same status may differ only because data is
  // missing.
  return complete || isDue || !hasSameStatus ? "changed" : "held";
}

/**
 * Whether another run wrote the finding after this run had listed the nodes. That run may have seen a node start or end
 * which this run missed.
 */
function isNewer({ seen: { listedAt }, now }: DecisionContext, { updatedAt }: Published): boolean {
  // A time in the future comes from a wrong clock, so it does not show when the finding was written.
  return listedAt !== undefined && updatedAt > listedAt && updatedAt <= now;
}

/**
 * Whether the finding stays as it is for the grace period, which is equally long for every reason. A finding that was
 * sent without a verdict after the node had become unreadable does not stay: it contains only the reason at that time,
 * so the next reason replaces it.
 */
function isAwaited({ after: { unreadSince }, now }: DecisionContext, { status, updatedAt }: Published): boolean {
  if (unreadSince === undefined || now - unreadSince >= gracePeriod) return false;
  return status !== "notAvailable" || updatedAt < unreadSince;
}

/**
 * Whether the subject's refresh falls between the two times. Each subject has its own moment in the refresh period, so
 * that nodes which started together are not refreshed together.
 */
function crossesPhase(id: string, before: number, now: number, period: number): boolean {
  const offset = (createHash("sha256").update(id).digest().readUInt32BE() / 2 ** 32) * period;
  return Math.floor((now + offset) / period) > Math.floor((before + offset) / period);
}

/** Keeps an archived entry for `archivedPeriod`, in case the subject returns. */
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
 * Security Hub ignores an update that is not later than the last one. UpdatedAt is therefore later than the last one
 * even if our clock went back. A finding whose UpdatedAt is already the latest that ASFF can express, the end of the
 * year 9999, can never be updated: it is locked.
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
