import type { Place } from "./place.ts";
import { type ClusterSubject, idOf, type KeptStatus, type NodeSubject, type Result, startOf } from "./result.ts";

/** One finding to import into Security Hub. */
export interface FindingUpdate {
  /** The finding's Id. */
  id: string;
  /** Epoch milliseconds. It never changes. */
  createdAt: number;
  /** Epoch milliseconds. Security Hub ignores an update that is not later than the last. */
  updatedAt: number;
  content: Result | Ended;
}

/** An update that a run with a ledger found necessary. */
export interface Import extends FindingUpdate {
  why: "new" | "changed" | "reactivated" | "archived" | "refresh";
  /** Instance id, or "cluster". */
  subject: string;
  rule: string;
}

/** A finding to archive. Its texts are not kept anywhere, only what it was about and its last status. */
export interface Ended {
  place: Place;
  cluster: string;
  /** Instance id, or "cluster". */
  subject: string;
  rule: string;
  /** As published last. An archived finding keeps it, because another one would reopen what the customer resolved. */
  status: KeptStatus;
  absence: Absence;
}

/**
 * Why there is no result for a finding. The codes are published as ASFF StatusReasons. The finding is archived, except with
 * NOT_LISTED: AWS did not list everything, so that the node may well exist.
 */
export type Absence =
  | "NOT_LISTED"
  | "NODE_GONE"
  | "CAPACITY_GONE"
  | "RULE_OFF"
  | "CLUSTER_GONE"
  | "CLUSTER_NOT_AUDITED";

/** The update that publishes a result as a run without a ledger does. */
export function updateOf(result: Result): FindingUpdate {
  const subject = inCluster(result);
  return { id: idOf(result), createdAt: startOf(subject), updatedAt: subject.judgedAt, content: result };
}

/** Security Hub only holds findings about nodes and clusters. */
export function inCluster({ subject }: Pick<Result, "subject">): NodeSubject | ClusterSubject {
  if (subject.kind !== "file") return subject;
  throw new TypeError(`${JSON.stringify(subject.id)} is a file of evidence, and files have no findings.`);
}
