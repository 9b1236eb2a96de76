import type { Cluster, Collected, Node, Unreadable } from "../domain/node.ts";
import type { Place } from "../domain/place.ts";
import { type ClusterSubject, type Judged, type NodeSubject, wholeCluster } from "../domain/result.ts";
import type { BenchmarkName, BenchmarkVersion } from "../domain/rule-facts.ts";
import type { ClusterBatch, Seen } from "../domain/seen.ts";
import type { OwnRule } from "../own-rules/own-rule.ts";
import { ruleSetWith } from "../own-rules/rule-set.ts";
import type { RuleChoice } from "../rules/kit/choice.ts";
import type { Rule } from "../rules/kit/rule.ts";
import { counted } from "../text.ts";
import { closedCapacityResult } from "./closed-capacity.ts";
import type { Excepted } from "./excepted.ts";
import type { JudgeInput } from "./judge-node.ts";
import { type Answer, type JudgeThread, late } from "./judge-thread.ts";
import { judgeUnread } from "./judge-unread.ts";
import { resultsOf } from "./results.ts";
import { isStarting, starting } from "./starting.ts";
import type { VerdictsOnly } from "./worker-messages.ts";

export interface JudgedBatch {
  /** The nodes, those with the shortest evidence first. */
  judged: readonly Judged<NodeSubject>[];
  /** The same results by cluster and node, and those about the clusters themselves. */
  seen: readonly Seen[];
  /** Number of nodes that returned evidence in time but were not judged in time. */
  unjudged: number;
  /** Errors of the auditor while judging. */
  trouble: readonly Error[];
}

/** The rules, benchmark and exceptions that apply to the nodes. */
export interface Standard {
  config: {
    rules: RuleChoice;
    ownRules?: readonly OwnRule[];
    benchmarks?: readonly BenchmarkName[];
    stigByLetter?: boolean;
    benchmarkVersion?: BenchmarkVersion;
  };
  place: Place;
  exceptions: Excepted;
}

/** When and where judging takes place. */
export interface Moment {
  /** Epoch milliseconds; the date of the results. */
  now: number;
  thread: Pick<JudgeThread, "judge">;
  /** Aborted when the time for judging is over. */
  signal: AbortSignal;
}

/** Judges every node of the parts. `replies` contains each node's evidence, or the reason why there is none. */
export async function judgeBatch(
  parts: readonly ClusterBatch[],
  replies: ReadonlyMap<Node, Collected>,
  { config, place, exceptions }: Standard,
  { now, thread, signal }: Moment,
): Promise<JudgedBatch> {
  const trouble: Error[] = [];
  const judged = new Map<Node, Judged<NodeSubject>>();
  const clusters = namesOf(parts.map(({ inventory }) => inventory.cluster));
  const failedRules = new Map<string, RuleFailure[]>();
  const inputs = shortestFirst(replies).flatMap(([node, collected]) => {
    const cluster = clusters.get(node.cluster);
    return cluster ? { collected, node, cluster, now: now / 1000, ...choiceIn(config) } : [];
  });
  const withOutput = inputs.filter(({ collected }) => "output" in collected);
  const answers = (await thread.judge(withOutput, signal)).values();
  const ruleSet = ruleSetWith(config.ownRules ?? noOwnRules);
  for (const input of inputs) {
    const { node, cluster, collected } = input;
    const verdicts = verdictsOf(input, "output" in collected ? answers.next().value : collected, ruleSet, trouble);
    for (const { rule, error, fix } of verdicts.ruleErrors) append(failedRules, rule, { node, error, fix });
    const context = { place, cluster, judgedAt: now };
    if (isStarting(node, verdicts.unreadable, now)) {
      judged.set(node, { subject: subjectOf(node, { os: verdicts.os, unreadable: starting }, context), results: [] });
      continue;
    }
    const subject = subjectOf(node, verdicts, context);
    judged.set(node, { subject, results: exceptions.of(node, resultsOf(subject, verdicts, config.benchmarks)) });
  }
  for (const [rule, failures] of failedRules) trouble.push(new RuleError(rule, failures));
  const all = [...judged.values()];
  const startingIds = new Set(all.flatMap(({ subject }) => (subject.unreadable === starting ? subject.id : [])));
  // Published findings about a node that is starting stay as they are.
  const isReported = (id: string) => !startingIds.has(id);
  const isOff = config.rules["node-auditable"] === "off";
  const seen = parts.map(({ inventory, nodes, owns }): Seen => {
    const { cluster, complete } = inventory;
    const ofNodes = nodes.flatMap((node) => judged.get(node) ?? []).filter(({ subject }) => isReported(subject.id));
    const ownsReported = (id: string) => owns(id) && isReported(id);
    const subject: ClusterSubject = { kind: "cluster", id: wholeCluster, place, cluster, judgedAt: now };
    const closed = isOff || !owns(wholeCluster) ? undefined : closedCapacityResult(subject, inventory);
    const ofCluster = closed ? [{ subject, results: [closed] }] : [];
    return { cluster: cluster.name, complete, owns: ownsReported, subjects: [...ofNodes, ...ofCluster] };
  });
  const unjudged = all.filter(({ subject }) => subject.unreadable?.because === late.because).length;
  return { judged: all, seen, unjudged, trouble };
}

function subjectOf(
  node: Node,
  {
    os,
    settings,
    kubeletVersion,
    evidenceSha256,
    unreadable,
  }: Omit<VerdictsOnly, "benchmark" | "verdicts" | "ruleErrors">,
  context: Pick<NodeSubject, "place" | "cluster" | "judgedAt">,
): NodeSubject {
  return {
    kind: "node",
    id: node.instanceId,
    node,
    os,
    ...(kubeletVersion && { kubeletVersion }),
    ...(settings && { settings }),
    ...(evidenceSha256 && { evidenceSha256 }),
    ...(unreadable && { unreadable }),
    ...context,
  };
}

/**
 * Returns the nodes of a batch without results, for a run that has no time left to judge them. Their findings in
 * Security Hub stay as they are.
 */
export function leaveOut(
  clusters: Iterable<Cluster>,
  replies: ReadonlyMap<Node, Collected>,
  place: Place,
  judgedAt: number,
): Judged<NodeSubject>[] {
  const byName = namesOf(clusters);
  return [...replies].flatMap(([node, collected]) => {
    const cluster = byName.get(node.cluster);
    if (!cluster) return [];
    const { unreadable } = "output" in collected ? { unreadable: late } : collected;
    const reason = isStarting(node, unreadable, judgedAt) ? starting : unreadable;
    return { subject: subjectOf(node, { os: node.os, unreadable: reason }, { place, cluster, judgedAt }), results: [] };
  });
}

function namesOf(clusters: Iterable<Cluster>): Map<string, Cluster> {
  return new Map(Array.from(clusters, (cluster) => [cluster.name, cluster]));
}

/**
 * Orders nodes by the length of their evidence. Long evidence takes long to judge, so if time runs out, only nodes with
 * long evidence are not judged.
 */
function shortestFirst(replies: ReadonlyMap<Node, Collected>): [Node, Collected][] {
  const lengthOf = (collected: Collected) => ("output" in collected ? collected.output.length : 0);
  return [...replies].sort(([, one], [, other]) => lengthOf(one) - lengthOf(other));
}

function append<Key, Value>(lists: Map<Key, Value[]>, key: Key, value: Value): void {
  const list = lists.get(key);
  if (list) list.push(value);
  else lists.set(key, [value]);
}

const noOwnRules: readonly OwnRule[] = [];

/**
 * The part of the settings by which each node is judged. The other settings include functions, which cannot be sent to
 * a thread.
 */
function choiceIn({ rules, benchmarks, stigByLetter, benchmarkVersion }: Standard["config"]): Standard["config"] {
  return {
    rules,
    ...(benchmarks && { benchmarks }),
    ...(stigByLetter && { stigByLetter }),
    ...(benchmarkVersion && { benchmarkVersion }),
  };
}

/** A node on which a rule threw an exception, with the error. */
interface RuleFailure {
  node: Node;
  error: string;
  fix: string;
}

/**
 * A rule threw an exception: a defect of the auditor, or a mistake in rules.yaml. The rule's verdicts get the reason
 * RULE_ERROR; verdicts of other rules are not affected.
 */
export class RuleError extends Error {
  override readonly name = "RuleError";
  constructor(rule: string, [first, ...others]: readonly RuleFailure[]) {
    const more = others.length > 0 ? ` and ${counted(others.length, "other node")}` : "";
    super(
      `The rule ${rule} failed on ${first?.node.instanceId}${more}: ${first?.error.replace(/[^.?!]$/, "$&.")} ${first?.fix}`,
    );
  }
}

/** Judges the node as unreadable if the auditor failed on its evidence. The error also fails the run. */
function verdictsOf(
  input: JudgeInput,
  answer: Answer | undefined,
  ruleSet: readonly Rule[],
  trouble: Error[],
): VerdictsOnly {
  if (answer && "judged" in answer) return answer.judged;
  if (answer && "unreadable" in answer) return judgeUnread(input, answer.unreadable, ruleSet);
  const error = answer?.error ?? new Error("the judging thread returned no verdicts");
  if (!trouble.some(({ message }) => message === error.message)) trouble.push(error);
  return judgeUnread(input, stumbled(error), ruleSet);
}

function stumbled({ name, message }: Error): Unreadable {
  return {
    code: "AUDITOR_ERROR",
    because: `The auditor failed while it judged the node's evidence: ${name}: ${message}`,
    fix: "Nothing on the node: report this error to the maintainers of the auditor.",
  };
}
