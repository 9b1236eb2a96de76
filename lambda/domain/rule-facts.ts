/** Severity labels of ASFF. */
export type Severity = "INFORMATIONAL" | "LOW" | "MEDIUM" | "HIGH" | "CRITICAL";

/** The benchmarks with numbers in the rules: of CIS for Amazon EKS and for Kubernetes, and of DISA for Kubernetes. */
export const benchmarkNames = ["cis-eks", "cis-kubernetes", "stig"] as const;
export type BenchmarkName = (typeof benchmarkNames)[number];

/** A version of the CIS Amazon EKS Benchmark, for example "1.8.0". */
export type BenchmarkVersion = string;

/** The numbers of a rule in the DISA Kubernetes STIG. */
export interface StigNumbers {
  /** The severity category: 1 is high, 2 is medium. */
  category: 1 | 2;
  /**
   * The STIG's ids ("CNTR-K8-000330") by vulnerability ids ("V-242387"). SV ids change with each release and are not
   * used.
   */
  ids: Readonly<Record<string, string>>;
}

/** The part of a rule that its results contain. It is plain data, so that results can pass between threads. */
export interface RuleFacts {
  /** A name that never changes, because finding Ids contain it. */
  id: string;
  title: string;
  /** The title of a failed rule for reports, at most 61 characters. */
  failureTitle: string;
  /** The fix in one line for reports, at most 56 characters. The rule's `remediation` is the full text. */
  fixTitle: string;
  /** Two sentences that state why the rule matters. */
  why: string;
  severity: Severity;
  /**
   * The rule's number by version of the CIS Amazon EKS Benchmark, oldest version first; empty for rules that are not in
   * it.
   */
  cis: Readonly<Record<BenchmarkVersion, string>>;
  /** The rule's number in the CIS Kubernetes Benchmark, the same in 1.12.0 and 2.0.1. */
  cisKubernetes?: string;
  stig?: StigNumbers;
  /** Controls of other frameworks, as Security Hub writes them, for example "NIST.800-53.r5 AC-3". */
  controls?: readonly string[];
  /** The matching Datadog rule id, where one is known. */
  datadog?: string;
}
