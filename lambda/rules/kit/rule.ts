import type { Node, OsFamily, ReasonCode, Unreadable } from "../../domain/node.ts";
import type { BenchmarkName, RuleFacts } from "../../domain/rule-facts.ts";
import type { CisReport } from "../../evidence/bottlerocket.ts";
import type { BottlerocketEvidence, Evidence, KubeletProcess } from "../../evidence/evidence.ts";
import type { EffectiveKubelet } from "../../kubelet/effective.ts";

/** A rule's verdict about a node, always with a sentence that explains it. */
export interface Verdict {
  status: "passed" | "failed" | "notAvailable";
  /** The sentence that the finding shows. */
  because: string;
  /** Machine-readable code. Every notAvailable verdict has one. */
  reason?: ReasonCode;
  /** The effective value that was judged. */
  value?: unknown;
  /** The origin of that value. */
  from?: string;
  /** The fix, where the rule's remediation for the OS does not apply. */
  fix?: string;
  /**
   * Number of the STIG's check of which the node breaks only the literal text, for example "V-242391". The effective
   * value complies or is unknown.
   */
  letter?: string;
}

/** A rule of rules.yaml cannot be evaluated on a node. The message states why, without a full stop. */
export class RuleEvaluationError extends Error {
  override readonly name = "RuleEvaluationError";
  /** How to repair the rule. */
  readonly fix: string;
  constructor(why: string, fix: string) {
    super(why);
    this.fix = fix;
  }
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

/** A node whose effective configuration could be computed. */
export interface AuditedNode {
  os: OsFamily;
  node?: Node;
  evidence: Evidence;
  process: KubeletProcess;
  kubelet: EffectiveKubelet;
  /** The cluster's own CA certificates; undefined when EKS did not return them. */
  clusterCA?: readonly CertificateAuthority[];
  /** The picked benchmarks. Where their limits differ, the strictest one applies. */
  benchmarks: readonly BenchmarkName[];
  /** Epoch seconds. */
  now: number;
}

/**
 * A Bottlerocket node whose report on its kubelet was read. Only the report and the settings of such a node are
 * accessible.
 */
export interface ReportingNode {
  os: OsFamily;
  node?: Node | undefined;
  /** Kubernetes minor version of the kubelet, for example "1.34". */
  version?: string | undefined;
  release: Evidence["os"];
  report: CisReport;
  answers: BottlerocketEvidence;
  /** The cluster's own CA certificates; undefined when EKS did not return them. */
  clusterCA: readonly CertificateAuthority[] | undefined;
  /** The picked benchmarks. Where their limits differ, the strictest one applies. */
  benchmarks: readonly BenchmarkName[];
  /** Epoch seconds. */
  now: number;
}

/**
 * The check of Bottlerocket's report that decides a rule's verdict. Source: bottlerocket-core-kit,
 * kubernetes-cis-checks/checks.rs.
 */
export interface ReportCheck {
  /** Number in the CIS Kubernetes Benchmark. */
  check: string;
  /**
   * The mode that the check requires; earlier reports require 0644. If the check fails, its error contains the mode of
   * the file.
   */
  ofMode?: "0600" | "0600 from v1.11.1 on";
  /** The check returns PASS even if it could not parse the config file. */
  lenient?: true;
  /**
   * What a kubelet in standalone mode does, as the end of a sentence, for example "allows every request", and the
   * effective value of the kubelet's setting. Such a kubelet fails the rule. Source: bottlerocket-core-kit,
   * packages/kubernetes-1.33/kubelet-config.
   */
  standalone?: { does: string; value: unknown };
}

/** Why a node breaks the literal text of a check of the STIG, although the kubelet behaves as the check intends. */
export interface Letter {
  /** For example "V-242391". */
  number: string;
  /** A sentence. */
  because: string;
  /** The fix that satisfies the text, if the rule's remediation does not. */
  fix?: string;
}

export interface Rule extends RuleFacts {
  /**
   * Any text. With `Lowercase` in the union, TypeScript keeps the id of each rule file as a literal type, for RuleId.
   */
  id: (string & {}) | Lowercase<string>;
  /** When the rule passes and when it fails, for the documentation. */
  passes: string;
  fails: string;
  /** When the verdict is notAvailable for a reason other than an unreadable node. */
  notAvailable: string;
  /** CIS profile level; absent for rules that are not in a benchmark of CIS. */
  level?: 1 | 2;
  /** Benchmarks that turn the rule on although they have no number for it. */
  alongside?: readonly BenchmarkName[];
  /** Repair instructions with commands to paste, by node OS. */
  remediation: Readonly<Record<OsFamily, string>>;
  check(audited: AuditedNode): Verdict;
  /**
   * Why the node breaks the literal text of the STIG's check; undefined if it complies with the text. Absent if every
   * node that passes the rule complies with the text.
   */
  letter?(audited: AuditedNode): Letter | undefined;
  /** The verdict on a Bottlerocket node, whose kubelet's files and flags are not accessible. */
  bottlerocket: ReportCheck | ((node: ReportingNode) => Verdict);
  /**
   * The verdict on an unreadable node. Without this function, or if it returns undefined, the verdict is notAvailable
   * with the node's reason.
   */
  unread?(why: Unreadable): Verdict | undefined;
}
