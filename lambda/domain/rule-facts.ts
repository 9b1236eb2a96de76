/** Severity labels of ASFF. */
export type Severity = "INFORMATIONAL" | "LOW" | "MEDIUM" | "HIGH" | "CRITICAL";

/** A benchmark version, for example "1.8.0". */
export type BenchmarkVersion = string;

/** The part of a rule that its results carry: plain data, so that results can pass between threads. */
export interface RuleFacts {
  /** Named by subject, stable for life: it is part of finding Ids. */
  id: string;
  title: string;
  /** The title where the rule fails, at most 61 characters, for reports. */
  failureTitle: string;
  /** The fix in one line of at most 56 characters, for reports; the rule's `remediation` has it in full. */
  fixTitle: string;
  /** Two sentences: why it matters. */
  why: string;
  severity: Severity;
  /** Benchmark version to id there, oldest version first; empty for rules of our own. */
  cis: Readonly<Record<BenchmarkVersion, string>>;
  /** The matching Datadog rule id, where one is known. */
  datadog?: string;
}
