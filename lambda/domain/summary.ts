import type { Exception } from "./exception.ts";
import type { Import } from "./finding.ts";
import type { ReasonCode } from "./node.ts";
import type { KeptStatus, NodeSubject } from "./result.ts";

/**
 * How nodes came out. The law: total = audited + starting + the sum of notAuditable. In a run that ended early the nodes that
 * it had not reached are counted in total alone.
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
  /** Instance ids of the nodes that are starting, a few at most. */
  starting: readonly string[];
  /** Instances of EKS Auto Mode, which SSM does not reach; not among the nodes. */
  providerManaged: number;
  fargateProfiles: number;
  /** Node groups that are meant to have no nodes at the moment. */
  scaledToZero: readonly string[];
}

/** What a run did, in numbers. Logged once per run and returned to whoever invoked it. */
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
  /** Those among them, by why they were sent. */
  sent: Record<Import["why"], number>;
  /** Findings that Security Hub has as they are. */
  unchanged: number;
  /** Findings that keep a verdict which this run could neither confirm nor refute. */
  held: number;
  exceptions: ExceptionReport;
  /** Requests to AWS by IAM action, retries included. */
  calls: Record<string, number>;
  seconds: number;
  perCluster: readonly ClusterSummary[];
  /** Seconds spent in each phase. */
  phases: Record<string, number>;
  /** Oddities of nodes and clusters that somebody should look at, as sentences. */
  problems: readonly string[];
  /** The error that ended the run early: all numbers are of what was done until then. Absent when the run was completed. */
  endedBy?: string;
}

/** One node and whether it could be audited. */
export type Outcome = Pick<NodeSubject, "node" | "unreadable">;

/** Exceptions that somebody should look at again. */
export interface ExceptionReport {
  /** Results that are excepted. */
  holding: number;
  /** Their last day is over. */
  expired: readonly Exception[];
  /** They apply, and nothing that they accept fails. */
  unused: readonly Exception[];
}
