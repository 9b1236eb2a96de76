import type { Exception } from "./exception.ts";
import type { Import } from "./finding.ts";
import type { ReasonCode } from "./node.ts";
import type { KeptStatus, NodeSubject } from "./result.ts";

/**
 * Counts of nodes. In a complete run, total = audited + starting + the sum of notAuditable. If the run ended early, the
 * nodes that it had not reached are counted only in total.
 */
export interface NodeCount {
  total: number;
  audited: number;
  /** Nodes that started a moment ago and have no findings yet. */
  starting: number;
  notAuditable: Partial<Record<ReasonCode, number>>;
}

export interface ClusterSummary {
  name: string;
  nodes: NodeCount;
  /** Instance ids of the first starting nodes. */
  starting: readonly string[];
  /** Number of instances of EKS Auto Mode. SSM does not reach them, so they are not among the nodes. */
  providerManaged: number;
  fargateProfiles: number;
  /** Names of node groups with the desired size 0. */
  scaledToZero: readonly string[];
}

/** Counts of a run. The run logs them once and returns them to its caller. */
export interface Summary {
  clusters: number;
  nodes: NodeCount;
  findings: Record<KeptStatus, number>;
  /** Failed findings by rule; a rule that fails nowhere has 0. */
  failedByRule: Record<string, number>;
  /** Findings that Security Hub accepted. */
  imported: number;
  /** Findings that Security Hub rejected. */
  rejected: number;
  /** Accepted findings by the reason for sending them. */
  sent: Record<Import["why"], number>;
  /** Findings that were not sent, because Security Hub already has them. */
  unchanged: number;
  /** Findings that keep an earlier verdict, because this run could neither confirm nor refute it. */
  held: number;
  exceptions: ExceptionReport;
  /** Requests to AWS by IAM action, retries included. */
  calls: Record<string, number>;
  seconds: number;
  perCluster: readonly ClusterSummary[];
  /** Seconds spent in each phase. Phases overlap. */
  phases: Record<string, number>;
  /** Problems of nodes and clusters, one sentence each. */
  problems: readonly string[];
  /**
   * The error that ended the run early; absent when the run completed. If it is present, the counts cover only the time
   * before the error.
   */
  endedBy?: string;
}

/** One node, with the reason if it is unreadable. */
export type Outcome = Pick<NodeSubject, "node" | "unreadable">;

/** The use of the exceptions in one run. */
export interface ExceptionReport {
  /** Number of results that are excepted. */
  holding: number;
  /** Exceptions whose last day is over. */
  expired: readonly Exception[];
  /** Exceptions that have not expired and that match no failed result. */
  unused: readonly Exception[];
}
