import type { Config } from "../config.ts";
import type { Collected, Home, Node, Unreadable } from "../domain/node.ts";
import type { Seen, SeenSubject } from "../ledger/reconcile.ts";
import type { Part } from "../run/roll-call.ts";
import { closedCapacityFinding } from "../securityhub/closed-capacity.ts";
import { nodeFindings } from "../securityhub/node-findings.ts";
import { type Excepted, exceptionIn } from "./excepted.ts";
import { type Judged, type JudgeInput, judge } from "./judge.ts";
import type { JudgedNode } from "./judged-node.ts";

export interface Judgement {
  outcomes: readonly JudgedNode[];
  /** All findings, by cluster and node. */
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
  const date = new Date(now).toISOString();
  const [outcomes, trouble]: [JudgedNode[], Error[]] = [[], []];
  const subjects = new Map<Node, SeenSubject>();
  const clusters = new Map(parts.map(({ inventory: { cluster } }) => [cluster.name, cluster]));
  for (const [node, collected] of shortestFirst(replies)) {
    const cluster = clusters.get(node.cluster);
    if (!cluster) continue;
    const heard = "output" in collected && isTimeUp() ? { unreadable: late } : collected;
    const judged = judgeOrSay({ collected: heard, node, cluster, now: now / 1000, ...choiceIn(config) }, trouble);
    const { os, kubelet, kubeletVersion, unreadable } = judged;
    const findings = exceptions.of(node, nodeFindings(home, cluster, node, judged, date));
    const verdicts = judged.verdicts.map((each, index) => ({ ...each, ...exceptionIn(findings[index]) }));
    const known = { ...(kubeletVersion && { kubeletVersion }), ...(kubelet && { settings: kubelet.settings }) };
    outcomes.push({ node, os, verdicts, ...known, ...(unreadable && { unreadable }) });
    subjects.set(node, { id: node.instanceId, readable: unreadable === undefined, findings });
  }
  const unjudged = outcomes.filter(({ unreadable }) => unreadable?.because === late.because).length;
  const seen = parts.map(({ inventory, nodes, owns }): Seen => {
    const isOff = config.rules["node-auditable"] === "off";
    const closed = isOff || !owns("cluster") ? undefined : closedCapacityFinding(home, inventory, date);
    const ofCluster = closed ? [{ id: "cluster", readable: true, findings: [closed] }] : [];
    const ofNodes = nodes.flatMap((node) => subjects.get(node) ?? []);
    const { cluster, complete } = inventory;
    return { cluster: cluster.name, complete, owns, subjects: [...ofNodes, ...ofCluster] };
  });
  return { outcomes, seen, unjudged, trouble };
}

/** What becomes of nodes when there is no time left for anything: nothing is said of them, and what was said stays. */
export function leaveOut(replies: ReadonlyMap<Node, Collected>): JudgedNode[] {
  return [...replies].map(([node, collected]) => {
    const { unreadable } = "output" in collected ? { unreadable: late } : collected;
    return { node, os: node.os, unreadable, verdicts: [] };
  });
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
function judgeOrSay(input: JudgeInput, trouble: Error[]): Judged {
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
