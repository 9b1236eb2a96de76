/**
 * The data of the report's page. Repeated values are stored once and referenced by index; an index without a comment is
 * an index into `texts`. This file contains only types and no imports, because the page's scripts are checked against
 * it.
 */
export interface Packed {
  partition: string;
  account: string;
  regions: readonly string[];
  /** ISO 8601. */
  at: string;
  texts: readonly string[];
  /** In the order of the benchmark. */
  rules: readonly PackedRule[];
  /** Most important first. */
  causes: readonly PackedCause[];
  groups: readonly PackedGroup[];
  /** Capacity that SSM does not reach, as sentences. */
  closed: readonly string[];
  verdicts: readonly PackedVerdict[];
  /** Lists with one verdict per rule. Most nodes of a group share a list. */
  profiles: readonly (readonly number[])[];
  reasons: readonly PackedReason[];
  settings: readonly PackedSetting[];
  /**
   * Whole configurations, as indexes into `settings`. A node's configuration is stored as its differences from one of
   * them.
   */
  configurations: readonly (readonly number[])[];
  nodes: readonly PackedNode[];
  /** Exceptions that have expired or match no failure, as sentences. */
  exceptions: readonly string[];
  /** Problems of nodes and clusters, and failures of the run, as sentences. */
  problems: readonly string[];
  trouble: readonly string[];
}

export interface PackedRule {
  id: string;
  title: string;
  failureTitle: string;
  fixTitle: string;
  why: string;
  /** The rule's number in the first picked benchmark that has one, such as "3.2.3"; empty if there is none. */
  number: string;
  /** The numbers in the picked benchmarks, as Security Hub shows them. If there are none, the controls of the rule. */
  requirements: readonly string[];
  severity: SeverityLabel;
}

export type SeverityLabel = "INFORMATIONAL" | "LOW" | "MEDIUM" | "HIGH" | "CRITICAL";

/** All nodes that fail one rule with one effective value from one origin. */
export interface PackedCause {
  id: string;
  /** Index into `rules`. */
  rule: number;
  severity: SeverityLabel;
  because: number;
  value?: number;
  from?: number;
  fixes: readonly number[];
  nodes: number;
  /** Number of nodes by index into `groups`, most first. */
  places: readonly (readonly [group: number, nodes: number])[];
  failureTitle: string;
  fixTitle: string;
  /** Indexes into `verdicts`. */
  verdicts: readonly number[];
}

export interface PackedGroup {
  region: string;
  cluster: string;
  name: string;
  kind: string;
}

/** The status of a result. notAvailable: there is no verdict; notApplicable: the rule does not apply to the node. */
export type State = "failed" | "excepted" | "notAvailable" | "notApplicable" | "passed";

export interface PackedVerdict {
  /** Index into `rules`. */
  rule: number;
  state: State;
  severity: SeverityLabel;
  because: number;
  value?: number;
  from?: number;
  fix?: number;
  /** Reason, and the last day of the exception. */
  exception?: readonly [reason: number, until: string];
  /** Number of the STIG's check of which the node breaks only the literal text. */
  letter?: string;
  held?: "passed" | "failed" | "excepted";
  /** Time from which the ledger shows the finding as failed, ISO 8601. The failure can be older. */
  since?: number;
}

export interface PackedReason {
  code: string;
  because: number;
  fix: number;
}

/** An effective value and its origin, or a declaration that was overridden. */
export type PackedOrigin = readonly [value: number, where: number, layer: "default" | "file" | "drop-in" | "flag"];

/** A setting with its effective value, then the declarations that were overridden, latest first. */
export type PackedSetting = readonly [name: string, effective: PackedOrigin, ...overrode: PackedOrigin[]];

/**
 * `base` is an index into `configurations`. Each of the `settings`, an index as well, replaces the setting with the same
 * name in that configuration.
 */
export type PackedConfiguration = readonly [base: number, ...settings: number[]];

/** Indexes: `group` into groups, `profile` into profiles, `reason` into reasons or -1 for a node that was read. */
export type PackedNode = readonly [
  id: string,
  name: number,
  group: number,
  os: number,
  kubelet: number,
  type: number,
  profile: number,
  reason: number,
  /** 0 if the node has no configuration. */
  configuration: PackedConfiguration | 0,
  /** The node's own texts for the placeholders (`blank`) in its verdicts, in the order of the verdicts. */
  ...own: string[],
];
