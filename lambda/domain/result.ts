import type { Exception } from "./exception.ts";
import type { Cluster, Node, OsFamily, ReasonCode, Unreadable } from "./node.ts";
import type { Place } from "./place.ts";
import type { Requirement } from "./requirements.ts";
import type { RuleFacts, Severity } from "./rule-facts.ts";
import type { Setting } from "./setting.ts";

export const product = "eks-kubelet-auditor";

/**
 * "excepted": the rule failed and an exception accepts it. "notAvailable": the rule could not be judged.
 * "notApplicable": the rule does not apply to the subject, and no action is needed.
 */
export type Status = "passed" | "failed" | "excepted" | "notAvailable" | "notApplicable";

/** A status as Security Hub and the ledger keep it. They do not distinguish "notApplicable" from "notAvailable". */
export type KeptStatus = Exclude<Status, "notApplicable">;

export function keptStatus(status: Status): KeptStatus {
  return status === "notApplicable" ? "notAvailable" : status;
}

/**
 * One rule's verdict on one subject, with everything that a finding, a report or an output format shows. Plain data.
 */
export interface Result {
  rule: RuleFacts;
  subject: Subject;
  status: Status;
  /** The rule's severity, or the severity in the settings. */
  severity: Severity;
  /**
   * One or more sentences that state the reason of the status. Control characters are escaped, as in all texts of a
   * result.
   */
  because: string;
  /** Reasons for a status other than "passed", for machines; empty when the status is "passed". */
  reasons: readonly Reason[];
  /** The effective value that was judged, as text. */
  value?: string;
  /** The origin of that value. */
  from?: string;
  /** What to do to pass. Present with every status, because Security Hub also shows it with a passed finding. */
  fix: string;
  /** Number of the STIG's check of which the subject breaks only the literal text. */
  letter?: string;
  /** The rule's numbers in the picked benchmarks. */
  requirements: readonly Requirement[];
  /** Present when the status is "excepted". */
  exception?: Pick<Exception, "reason" | "until">;
  /** The earlier status that Security Hub keeps for now, because this run could neither confirm nor refute it. */
  held?: Exclude<KeptStatus, "notAvailable">;
  /** Epoch milliseconds from which the ledger shows the finding as failed. The failure can be older. */
  since?: number;
}

export interface Reason {
  code: ReasonCode | "NOT_COMPLIANT";
  because: string;
}

/** The subject of results. All results about one subject share the object. */
export type Subject = NodeSubject | ClusterSubject | FileSubject;

export interface NodeSubject extends InCluster {
  kind: "node";
  /** The instance id. */
  id: string;
  node: Node;
  os: OsFamily;
  /** Kubernetes minor version of the kubelet, for example "1.34". */
  kubeletVersion?: string;
  /**
   * The effective value of each field that a file or flag sets or a rule reads; absent when it could not be computed,
   * and on Bottlerocket.
   */
  settings?: Readonly<Record<string, Setting<unknown>>>;
  /** SHA-256 of the evidence, in hex. */
  evidenceSha256?: string;
  /** Why the node has no usable evidence; absent for an audited node. */
  unreadable?: Unreadable;
}

/** A cluster as a whole. Its results are about capacity without access for customers: Auto Mode and Fargate. */
export interface ClusterSubject extends InCluster {
  kind: "cluster";
  id: typeof wholeCluster;
}

/** The subject id of results about a cluster as a whole. */
export const wholeCluster = "cluster";

interface InCluster {
  place: Place;
  cluster: Cluster;
  /** When the run judged the subject, epoch milliseconds. */
  judgedAt: number;
}

/** A file of evidence, judged without AWS. */
export interface FileSubject {
  kind: "file";
  /** The path. */
  id: string;
  os: OsFamily;
  kubeletVersion?: string;
  judgedAt: number;
}

/** A subject and the results about it, in the order of the rules. */
export interface Judged<S extends Subject = Subject> {
  subject: S;
  results: readonly Result[];
}

/** The GeneratorId of a rule's findings. */
export function generatorId(rule: string): string {
  return `${product}/${rule}`;
}

/** Id of the finding about a subject of a cluster. It never changes. */
export function findingId({ account, region }: Place, cluster: string, subject: string, rule: string): string {
  return `${generatorId(rule)}/${account}/${region}/${cluster}/${subject}`;
}

/** Id of a result, the same in every run: the Id of the finding or, for a file of evidence, an id with its path. */
export function idOf({ rule, subject }: Pick<Result, "rule" | "subject">): string {
  if (subject.kind === "file") return `${generatorId(rule.id)}/${subject.id}`;
  return findingId(subject.place, subject.cluster.name, subject.id, rule.id);
}

/**
 * CreatedAt of the findings about the subject, epoch milliseconds: the launch of the node or the creation of the
 * cluster.
 */
export function startOf(subject: NodeSubject | ClusterSubject): number {
  // A stopped instance gets a later launch time when it starts again. The ledger keeps the first one.
  const launched = subject.kind === "node" ? subject.node.launchedAt : undefined;
  return Date.parse(launched ?? subject.cluster.createdAt ?? "") || subject.judgedAt;
}
