/** Severity labels of ASFF. */
export type Severity = "INFORMATIONAL" | "LOW" | "MEDIUM" | "HIGH" | "CRITICAL";

/** A benchmark version, for example "1.8.0". */
export type BenchmarkVersion = string;

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
  /** The rule's id by benchmark version, oldest version first; empty for rules that are not in the benchmark. */
  cis: Readonly<Record<BenchmarkVersion, string>>;
  /** The matching Datadog rule id, where one is known. */
  datadog?: string;
}
