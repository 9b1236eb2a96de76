import type { ClusterInventory } from "./aws/inventory.ts";
import type { Config } from "./config.ts";
import { closedCapacityFinding } from "./findings/closed-capacity.ts";
import { type ExceptionReport, exceptionsOn } from "./findings/excepted.ts";
import { nodeFindings } from "./findings/node-findings.ts";
import type { Seen, SeenSubject } from "./findings/reconcile.ts";
import { type Judged, type JudgeInput, judge } from "./judge.ts";
import type { Collected, Home, Unreadable } from "./node.ts";
import type { Outcome } from "./summary.ts";

export interface Judgement {
  outcomes: readonly Outcome[];
  /** All findings, by cluster and node. */
  seen: readonly Seen[];
  exceptions: ExceptionReport;
  /** Our own mistakes, met while judging. */
  trouble: readonly Error[];
}

/** Every node of every cluster judged, and all findings that follow; `replies` holds what each node said, `now` is epoch milliseconds. */
export function judgeAll(
  clusters: readonly ClusterInventory[],
  replies: ReadonlyMap<string, Collected>,
  { rules, benchmarkVersion, exceptions: written }: Config,
  home: Home,
  now: number,
): Judgement {
  const [outcomes, trouble]: [Outcome[], Error[]] = [[], []];
  const exceptions = exceptionsOn(written, now);
  const moment = new Date(now).toISOString();
  const seen = clusters.map((inventory): Seen => {
    const { cluster, nodes, complete } = inventory;
    const subjects = nodes.map((node): SeenSubject => {
      const collected = replies.get(node.instanceId) ?? { unreadable: forgotten };
      const choice = { rules, ...(benchmarkVersion && { benchmarkVersion }) };
      const judged = judgeOrSay({ collected, node, cluster, now: now / 1000, ...choice }, trouble);
      outcomes.push({ node, ...(judged.unreadable && { unreadable: judged.unreadable }) });
      const findings = exceptions.of(node, nodeFindings(home, cluster, node, judged, moment));
      return { id: node.instanceId, readable: judged.unreadable === undefined, findings };
    });
    const closed = rules["node-auditable"] === "off" ? undefined : closedCapacityFinding(home, inventory, moment);
    const ofCluster = closed ? [{ id: "cluster", readable: true, findings: [closed] }] : [];
    return { cluster: cluster.name, complete, subjects: [...subjects, ...ofCluster] };
  });
  return { outcomes, seen, exceptions: exceptions.report(), trouble };
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

function stumbled({ name, message }: Error): Unreadable {
  return {
    code: "AUDITOR_ERROR",
    because: `The auditor stumbled over the node's evidence: ${name}: ${message}`,
    fix: report,
  };
}
