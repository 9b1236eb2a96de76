import type { Severity } from "../domain/rule-facts.ts";

/** Nodes of one place that fail one rule in the same way. */
export interface Failure {
  /** Id of the rule. */
  rule: string;
  severity: Severity;
  because: string;
  /** The effective value and its origin. */
  value?: string | undefined;
  origin?: string | undefined;
  fix?: string | undefined;
  /** Number of the STIG's check of which the nodes break only the literal text. */
  letter?: string | undefined;
  /** Cluster and node group, or the file of evidence. */
  place: string;
  nodes: number;
}

/** One thing to fix: all nodes that fail one rule with one effective value from one origin. */
export interface Cause<F extends Failure = Failure> {
  /** The same in every run, for links. */
  id: string;
  rule: string;
  severity: Severity;
  /** The sentence that most nodes of the cause have. */
  because: string;
  value?: string | undefined;
  origin?: string | undefined;
  letter?: string | undefined;
  nodes: number;
  /** Nodes by place, most first. */
  places: ReadonlyMap<string, number>;
  /** Each different fix once, the fix of most nodes first. The fix depends on the operating system. */
  fixes: readonly string[];
  failures: readonly F[];
}

/**
 * Weight of one failing node. Source: AWS Security Hub API Reference, Severity: lowest Normalized value of each label.
 */
export const severityWeights = {
  CRITICAL: 90,
  HIGH: 70,
  MEDIUM: 40,
  LOW: 1,
  INFORMATIONAL: 0,
} as const satisfies Record<Severity, number>;

export const severities = Object.keys(severityWeights) as readonly Severity[];

/** Maximum causes in a summary; further ones are counted. */
export const causesShown = 10;

/** The parts that differ between nodes in an otherwise equal sentence: times and process ids. */
export const ownWords = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ|(?<= process )\d+/g;

/**
 * The title of a failure. `failureTitle` is about the effective configuration, so it is wrong for a node that breaks
 * only the literal text of a check.
 */
export function failureTitleOf({ failureTitle }: { failureTitle: string }, letter: string | undefined): string {
  return letter ? `The node breaks only the text of ${letter}` : failureTitle;
}

export function fixTitleOf({ fixTitle }: { fixTitle: string }, letter: string | undefined): string {
  return letter ? `Follow the text of ${letter}, or add an exception` : fixTitle;
}

/**
 * Groups failures by rule, effective value and origin. Order: severity x nodes, then severity, then the order of
 * `failures`.
 */
export function groupCauses<F extends Failure>(failures: readonly F[]): Cause<F>[] {
  const causes = [...Map.groupBy(failures, keyOf)].map(([key, members]) => causeOf(key, members));
  const rank = ({ severity, nodes }: Cause<F>) => severityWeights[severity] * nodes;
  return causes.sort(
    (one, other) => rank(other) - rank(one) || severityWeights[other.severity] - severityWeights[one.severity],
  );
}

/**
 * Failures with the same key have one cause. Failures without value and origin, as on Bottlerocket, are compared by
 * their sentence.
 */
function keyOf({ rule, severity, because, value, origin, letter }: Failure): string {
  const seen = value === undefined && origin === undefined ? [because] : [value, origin];
  return JSON.stringify([rule, severity, ...seen.map((text) => text && shared(text)), ...(letter ? [letter] : [])]);
}

function causeOf<F extends Failure>(key: string, members: readonly F[]): Cause<F> {
  const bySize = members.toSorted((one, other) => other.nodes - one.nodes);
  const [largest] = bySize;
  if (!largest) throw new Error("A cause without failures");
  const { rule, severity, because, value, origin, letter } = largest;
  const fixes = sums(bySize, ({ fix }) => fix);
  const places = sums(bySize, ({ place }) => place);
  return {
    id: `${rule}-${checksum(key)}`,
    rule,
    severity,
    because: shared(because),
    ...(value !== undefined && { value: shared(value) }),
    ...(origin !== undefined && { origin }),
    ...(letter !== undefined && { letter }),
    nodes: members.reduce((sum, { nodes }) => sum + nodes, 0),
    places,
    fixes: [...fixes.keys()],
    failures: members,
  };
}

/** The text with a placeholder for each part that differs between nodes. */
function shared(text: string): string {
  return text.replaceAll(ownWords, "…");
}

/** Numbers of nodes by text, largest first. */
function sums<F extends Failure>(
  failures: readonly F[],
  textOf: (failure: F) => string | undefined,
): Map<string, number> {
  const nodes = new Map<string, number>();
  for (const failure of failures) {
    const text = textOf(failure);
    if (text !== undefined) nodes.set(text, (nodes.get(text) ?? 0) + failure.nodes);
  }
  return new Map([...nodes].sort(([, one], [, other]) => other - one));
}

/** FNV-1a, 32 bits, as hex. It is short and the same in every run, and does not need to be hard to forge. */
function checksum(text: string): string {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(text)) hash = Math.imul(hash ^ byte, 0x01000193);
  return (hash >>> 0).toString(16).padStart(8, "0");
}
