import type { ClusterInventory } from "./aws/inventory.ts";
import type { Config } from "./config.ts";
import { closedCapacityFinding } from "./findings/closed-capacity.ts";
import { type ExceptionReport, exceptionsOn } from "./findings/excepted.ts";
import { type Owns, ownsAll } from "./findings/ledger.ts";
import { nodeFindings } from "./findings/node-findings.ts";
import type { Seen, SeenSubject } from "./findings/reconcile.ts";
import { type Judged, type JudgeInput, judge } from "./judge.ts";
import type { Collected, Home, Node, Unreadable } from "./node.ts";
import { JudgementUnfinishedError } from "./run-errors.ts";
import type { Outcome } from "./summary.ts";

export interface Judgement {
  outcomes: readonly Outcome[];
  /** All findings, by cluster and node. */
  seen: readonly Seen[];
  exceptions: ExceptionReport;
  /** Our own mistakes, met while judging. */
  trouble: readonly Error[];
}

/** When it takes place: what findings are dated by, epoch milliseconds, and whether the time for judging is over. */
export interface Moment {
  now: number;
  isTimeUp(): boolean;
}

/** Every node of every cluster judged, and all findings that follow; `replies` holds what each node said. */
export function judgeAll(
  clusters: readonly ClusterInventory[],
  replies: ReadonlyMap<string, Collected>,
  config: Pick<Config, "rules" | "exceptions" | "benchmarkVersion">,
  home: Home,
  { now, isTimeUp }: Moment,
  owns: Owns = ownsAll,
): Judgement {
  const exceptions = exceptionsOn(config.exceptions, now);
  const date = new Date(now).toISOString();
  const [outcomes, trouble]: [Outcome[], Error[]] = [[], []];
  const subjects = new Map<Node, SeenSubject>();
  for (const { node, cluster, collected } of shortestFirst(clusters, replies)) {
    const heard = "output" in collected && isTimeUp() ? { unreadable: late } : collected;
    const judged = judgeOrSay({ collected: heard, node, cluster, now: now / 1000, ...choiceIn(config) }, trouble);
    const { unreadable } = judged;
    const findings = exceptions.of(node, nodeFindings(home, cluster, node, judged, date));
    outcomes.push({ node, ...(unreadable && { unreadable }) });
    subjects.set(node, { id: node.instanceId, readable: unreadable === undefined, findings });
  }
  const left = outcomes.filter(({ unreadable }) => unreadable?.code === late.code).length;
  if (left > 0) trouble.push(new JudgementUnfinishedError(left));
  const seen = clusters.map((inventory): Seen => {
    const isOff = config.rules["node-auditable"] === "off";
    const closed = isOff || !owns("cluster") ? undefined : closedCapacityFinding(home, inventory, date);
    const ofCluster = closed ? [{ id: "cluster", readable: true, findings: [closed] }] : [];
    const ofNodes = inventory.nodes.flatMap((node) => subjects.get(node) ?? []);
    return { cluster: inventory.cluster.name, complete: inventory.complete, subjects: [...ofNodes, ...ofCluster] };
  });
  return { outcomes, seen, exceptions: exceptions.report(), trouble };
}

/** What takes long to judge is long, so should time run out, it does for those that made it run out. */
function shortestFirst(clusters: readonly ClusterInventory[], replies: ReadonlyMap<string, Collected>) {
  const all = clusters.flatMap(({ cluster, nodes }) =>
    nodes.map((node) => {
      const collected = replies.get(node.instanceId) ?? { unreadable: forgotten };
      return { node, cluster, collected, length: "output" in collected ? collected.output.length : 0 };
    }),
  );
  return all.sort((one, other) => one.length - other.length);
}

function choiceIn({
  rules,
  benchmarkVersion,
}: Pick<Config, "rules" | "benchmarkVersion">): Pick<JudgeInput, "rules" | "benchmarkVersion"> {
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

const forgotten: Unreadable = { code: "AUDITOR_ERROR", because: "The auditor lost track of the node.", fix: report };

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
