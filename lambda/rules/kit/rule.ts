import type { Node, OsFamily, ReasonCode, Unreadable } from "../../domain/node.ts";
import type { RuleFacts } from "../../domain/rule-facts.ts";
import type { CisReport } from "../../evidence/bottlerocket.ts";
import type { BottlerocketEvidence, Evidence, KubeletProcess } from "../../evidence/evidence.ts";
import type { EffectiveKubelet } from "../../kubelet/effective.ts";

/** Three answers, and a reason, always. */
export interface Verdict {
  status: "passed" | "failed" | "notAvailable";
  /** The sentence a reader of the finding sees. */
  because: string;
  /** Machine-readable reason; always there with notAvailable. */
  reason?: ReasonCode;
  /** The effective value that was judged. */
  value?: unknown;
  /** Where that value comes from. */
  from?: string;
  /** What to do, where the rule's remediation for the OS is not the answer. */
  fix?: string;
}

/** A certificate of the cluster's own CA, as DescribeCluster returns it, already parsed. */
export interface CertificateAuthority {
  /** SHA-256 of the DER, lower-case hex. */
  sha256: string;
  subject: string;
  isCA: boolean;
  /** Epoch seconds. */
  notAfter: number;
  notBefore: number;
}

/** One node whose kubelet could be resolved. */
export interface AuditedNode {
  os: OsFamily;
  node?: Node;
  evidence: Evidence;
  process: KubeletProcess;
  kubelet: EffectiveKubelet;
  /** The cluster's own CA certificates; undefined when EKS did not tell. */
  clusterCA?: readonly CertificateAuthority[];
  /** Epoch seconds. */
  now: number;
}

/** A Bottlerocket node that reported on its kubelet. Only the report and the settings of such a node can be seen. */
export interface ReportingNode {
  release: Evidence["os"];
  report: CisReport;
  answers: BottlerocketEvidence;
  /** The cluster's own CA certificates; undefined when EKS did not return them. */
  clusterCA: readonly CertificateAuthority[] | undefined;
  /** Epoch seconds. */
  now: number;
}

/** The check of Bottlerocket's report that answers a rule. Source: bottlerocket-core-kit, kubernetes-cis-checks/checks.rs. */
export interface ReportCheck {
  /** Number in the CIS Kubernetes Benchmark. */
  check: string;
  /** The check may ask for a stricter mode than the rule's 0644; when it fails, its error contains the mode. */
  ofMode?: true;
  /** The check also passes a config file that it could not parse. */
  lenient?: true;
  /** What standalone mode does to the kubelet. Source: bottlerocket-core-kit, packages/kubernetes-1.33/kubelet-config. */
  standalone?: string;
}

export interface Rule extends RuleFacts {
  /** One sentence each, for the documentation: what the check does in words. */
  passes: string;
  fails: string;
  /** When it cannot or need not be judged, besides a node that could not be read. */
  notAvailable: string;
  /** CIS profile level; absent for rules of our own. */
  level?: 1 | 2;
  /** What a person can paste, per node OS. */
  remediation: Readonly<Record<OsFamily, string>>;
  check(audited: AuditedNode): Verdict;
  /** The verdict on a Bottlerocket node, whose kubelet's files and flags cannot be seen. */
  bottlerocket: ReportCheck | ((node: ReportingNode) => Verdict);
  /** The verdict on a node that could not be read; undefined, or no such function: notAvailable for the same reason. */
  unread?(why: Unreadable): Verdict | undefined;
}
