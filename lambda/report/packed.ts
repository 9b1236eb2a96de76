/**
 * What the page gets to read: the report with everything that repeats told once. A number is an index: into `texts` where
 * nothing else is said. Types only, and without imports, since the page's scripts are checked against them.
 */
export interface Packed {
  account: string;
  regions: readonly string[];
  /** ISO 8601. */
  at: string;
  texts: readonly string[];
  /** In the order of the benchmark. */
  rules: readonly PackedRule[];
  groups: readonly PackedGroup[];
  /** Capacity that AWS closes to everybody, as sentences. */
  closed: readonly string[];
  verdicts: readonly PackedVerdict[];
  /** Lists of verdicts, one per rule; most nodes of a group share one. */
  profiles: readonly (readonly number[])[];
  reasons: readonly PackedReason[];
  nodes: readonly PackedNode[];
  /** What somebody should look at, as sentences, and what went wrong. */
  problems: readonly string[];
  trouble: readonly string[];
}

export interface PackedRule {
  id: string;
  title: string;
  why: string;
  /** Number in the newest benchmark; empty for rules of our own. */
  cis: string;
}

export interface PackedGroup {
  region: string;
  cluster: string;
  name: string;
  kind: string;
}

/** Could not tell (notAvailable) is one thing, and that a rule has nothing to say about a node (notApplicable) another. */
export type State = "failed" | "excepted" | "notAvailable" | "notApplicable" | "passed";

export interface PackedVerdict {
  /** Index into `rules`. */
  rule: number;
  state: State;
  severity: string;
  because: number;
  value?: number;
  from?: number;
  fix?: number;
  exception?: number;
  held?: "passed" | "failed" | "excepted";
}

export interface PackedReason {
  code: string;
  because: number;
  fix: number;
}

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
  /** What takes the places of `blank` in the texts of the node's verdicts, in their order. */
  ...own: string[],
];
