import type { Place } from "./place.ts";
import { type ClusterSubject, idOf, type KeptStatus, type NodeSubject, type Result, startOf } from "./result.ts";

/** One finding to import into Security Hub. */
export interface FindingUpdate {
  id: string;
  /** Epoch milliseconds. This time never changes. */
  createdAt: number;
  /** Epoch milliseconds. Security Hub ignores an update that is not later than the last. */
  updatedAt: number;
  content: Result | Ended;
}

/** An update that the comparison with the ledger found necessary. */
export interface Import extends FindingUpdate {
  why: "new" | "changed" | "reactivated" | "archived" | "refresh";
  /** Instance id, or "cluster". */
  subject: string;
  rule: string;
}

/**
 * A finding to archive. The ledger keeps only its subject, rule and last status, so its original text cannot be
 * repeated.
 */
export interface Ended {
  place: Place;
  cluster: string;
  /** Instance id, or "cluster". */
  subject: string;
  rule: string;
  /**
   * The last published status. The archived finding keeps it, because another status would reopen a finding that the
   * customer resolved.
   */
  status: KeptStatus;
  absence: Absence;
}

/**
 * The reason why a finding has no result in this run. The codes are published as ASFF StatusReasons. With NOT_LISTED
 * the finding is not archived, because AWS did not list everything and the node may exist. With any other code it is
 * archived.
 */
export type Absence =
  | "NOT_LISTED"
  | "NODE_GONE"
  | "CAPACITY_GONE"
  | "RULE_OFF"
  | "CLUSTER_GONE"
  | "CLUSTER_NOT_AUDITED";

/** Builds the update that publishes a result, for callers without a ledger. */
export function updateOf(result: Result): FindingUpdate {
  const subject = inCluster(result);
  return { id: idOf(result), createdAt: startOf(subject), updatedAt: subject.judgedAt, content: result };
}

/**
 * Returns the subject if it is a node or a cluster. Throws for a file, because Security Hub holds no findings about
 * files.
 */
export function inCluster({ subject }: Pick<Result, "subject">): NodeSubject | ClusterSubject {
  if (subject.kind !== "file") return subject;
  throw new TypeError(`${JSON.stringify(subject.id)} is a file of evidence. Only nodes and clusters have findings.`);
}
