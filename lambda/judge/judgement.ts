import type { Config } from "../config.ts";
import type { Cluster, Collected, Home, Node, Unreadable } from "../domain/node.ts";
import { type ClusterSubject, type Judged, type NodeSubject, wholeCluster } from "../domain/result.ts";
import type { Seen } from "../ledger/reconcile.ts";
import type { Part } from "../run/roll-call.ts";
import { closedCapacityResult } from "./closed-capacity.ts";
import type { Excepted } from "./excepted.ts";
import { type JudgeInput, judge, type NodeVerdicts } from "./judge.ts";
import { resultsOf } from "./results.ts";
import { isStarting, starting } from "./starting.ts";

export interface Judgement {
  /** The nodes, those with the shortest evidence first. */
  judged: readonly Judged<NodeSubject>[];
  /** The same results by cluster and node, and those about the clusters themselves. */
  seen: readonly Seen[];
  /** Nodes that answered in time, and were not judged in time. */
  unjudged: number;
  /** Our own mistakes, met while judging. */
  trouble: readonly Error[];
}

/** By what nodes are judged. */
export interface Standard {
  config: Pick<Config, "rules" | "benchmarkVersion">;
  home: Home;
  exceptions: Excepted;
}

/** When it takes place: what findings are dated by, epoch milliseconds, and whether the time for judging is over. */
export interface Moment {
  now: number;
  isTimeUp(): boolean;
}

/** Every node of the parts judged, and all findings that follow; `replies` holds what each node said. */
export function judgeAll(
  parts: readonly Part[],
  replies: ReadonlyMap<Node, Collected>,
  { config, home, exceptions }: Standard,
  { now, isTimeUp }: Moment,
): Judgement {
  const trouble: Error[] = [];
  const judged = new Map<Node, Judged<NodeSubject>>();
  const clusters = namesOf(parts.map(({ inventory }) => inventory.cluster));
  for (const [node, collected] of shortestFirst(replies)) {
    const cluster = clusters.get(node.cluster);
    if (!cluster) continue;
    const heard = "output" in collected && isTimeUp() ? { unreadable: late } : collected;
    const verdicts = judgeOrSay({ collected: heard, node, cluster, now: now / 1000, ...choiceIn(config) }, trouble);
    const context = { place: home, cluster, judgedAt: now };
    if (isStarting(node, verdicts.unreadable, now)) {
      judged.set(node, { subject: subjectOf(node, { os: verdicts.os, unreadable: starting }, context), results: [] });
      continue;
    }
    const subject = subjectOf(node, verdicts, context);
    judged.set(node, { subject, results: exceptions.of(node, resultsOf(subject, verdicts)) });
  }
  const all = [...judged.values()];
  const startingIds = new Set(all.flatMap(({ subject }) => (subject.unreadable === starting ? subject.id : [])));
  // What is published about a node that is starting stays as it is.
  const isReported = (id: string) => !startingIds.has(id);
  const isOff = config.rules["node-auditable"] === "off";
  const seen = parts.map(({ inventory, nodes, owns }): Seen => {
    const { cluster, complete } = inventory;
    const ofNodes = nodes.flatMap((node) => judged.get(node) ?? []).filter(({ subject }) => isReported(subject.id));
    const ownsReported = (id: string) => owns(id) && isReported(id);
    const subject: ClusterSubject = { kind: "cluster", id: wholeCluster, place: home, cluster, judgedAt: now };
    const closed = isOff || !owns(wholeCluster) ? undefined : closedCapacityResult(subject, inventory);
    const ofCluster = closed ? [{ subject, results: [closed] }] : [];
    return { cluster: cluster.name, complete, owns: ownsReported, subjects: [...ofNodes, ...ofCluster] };
  });
  const unjudged = all.filter(({ subject }) => subject.unreadable?.because === late.because).length;
  return { judged: all, seen, unjudged, trouble };
}

function subjectOf(
  node: Node,
  { os, kubelet, kubeletVersion, evidence, unreadable }: Omit<NodeVerdicts, "benchmark" | "verdicts">,
  context: Pick<NodeSubject, "place" | "cluster" | "judgedAt">,
): NodeSubject {
  return {
    kind: "node",
    id: node.instanceId,
    node,
    os,
    ...(kubeletVersion && { kubeletVersion }),
    ...(kubelet && { settings: kubelet.settings }),
    ...(evidence && { evidenceSha256: evidence.sha256 }),
    ...(unreadable && { unreadable }),
    ...context,
  };
}

/** Nodes for which no time is left at all: they get no results, and Security Hub keeps what it has. */
export function leaveOut(
  clusters: Iterable<Cluster>,
  replies: ReadonlyMap<Node, Collected>,
  place: Home,
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

/** What takes long to judge is long, so should time run out, it does for those that made it run out. */
function shortestFirst(replies: ReadonlyMap<Node, Collected>): [Node, Collected][] {
  const lengthOf = (collected: Collected) => ("output" in collected ? collected.output.length : 0);
  return [...replies].sort(([, one], [, other]) => lengthOf(one) - lengthOf(other));
}

function choiceIn({ rules, benchmarkVersion }: Standard["config"]): Pick<JudgeInput, "rules" | "benchmarkVersion"> {
  return { rules, ...(benchmarkVersion && { benchmarkVersion }) };
}

/** A node's evidence that makes us stumble is our trouble, and neither the end of the run nor a verdict on the node. */
function judgeOrSay(input: JudgeInput, trouble: Error[]): NodeVerdicts {
  try {
    return judge(input);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    trouble.push(error);
    return judge({ ...input, collected: { unreadable: stumbled(error) } });
  }
}

const report = "Nothing on the node: report this to whoever maintains the auditor.";

const late: Unreadable = {
  code: "OUT_OF_TIME",
  because: "The node answered, but the time of the run was over before its answer was judged.",
  fix: 'Nothing on the node: the next run judges it anew. If this stays, the summary in the log tells which phase takes the time, and the setting "clusters" makes runs smaller.',
};

function stumbled({ name, message }: Error): Unreadable {
  return {
    code: "AUDITOR_ERROR",
    because: `The auditor stumbled over the node's evidence: ${name}: ${message}`,
    fix: report,
  };
}
