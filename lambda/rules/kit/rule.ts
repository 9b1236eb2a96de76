import type { Node, OsFamily, ReasonCode, Unreadable } from "../../domain/node.ts";
import type { RuleFacts } from "../../domain/rule.ts";
import type { Evidence, KubeletProcess } from "../../evidence/evidence.ts";
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
  /** The verdict on a node that could not be read; undefined, or no such function: notAvailable for the same reason. */
  unread?(why: Unreadable): Verdict | undefined;
}
