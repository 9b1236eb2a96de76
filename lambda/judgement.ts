import type { AwsSecurityFinding } from "@aws-sdk/client-securityhub";
import type { ClusterInventory } from "./aws/inventory.ts";
import type { Config } from "./config.ts";
import { closedCapacityFinding } from "./findings/closed-capacity.ts";
import { nodeFindings } from "./findings/node-findings.ts";
import { type Judged, type JudgeInput, judge } from "./judge.ts";
import type { Collected, Home, Unreadable } from "./node.ts";
import type { Outcome } from "./summary.ts";

export interface Judgement {
  outcomes: readonly Outcome[];
  findings: readonly AwsSecurityFinding[];
  /** Our own mistakes, met while judging. */
  trouble: readonly Error[];
}

/** Every node of every cluster judged, and all findings that follow; `replies` holds what each node said. */
export function judgeAll(
  clusters: readonly ClusterInventory[],
  replies: ReadonlyMap<string, Collected>,
  { rules, benchmarkVersion }: Config,
  home: Home,
): Judgement {
  const now = new Date();
  const outcomes: Outcome[] = [];
  const findings: AwsSecurityFinding[] = [];
  const trouble: Error[] = [];
  for (const inventory of clusters) {
    const { cluster, nodes } = inventory;
    for (const node of nodes) {
      const collected = replies.get(node.instanceId) ?? { unreadable: forgotten };
      const choice = { rules, ...(benchmarkVersion && { benchmarkVersion }) };
      const judged = judgeOrSay({ collected, node, cluster, now: now.valueOf() / 1000, ...choice }, trouble);
      outcomes.push({ node, ...(judged.unreadable && { unreadable: judged.unreadable }) });
      findings.push(...nodeFindings(home, cluster, node, judged, now.toISOString()));
    }
    const closed =
      rules["node-auditable"] === "off" ? undefined : closedCapacityFinding(home, inventory, now.toISOString());
    if (closed) findings.push(closed);
  }
  return { outcomes, findings, trouble };
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
