import type { AwsSecurityFinding } from "@aws-sdk/client-securityhub";
import type { Cluster, Home, Node } from "../domain/node.ts";
import type { Judged } from "../judge/judge.ts";
import { toFinding } from "./finding.ts";
import { clusterResource, nodeResource } from "./resources.ts";

/** One finding per rule about one node. `now` is ISO 8601. */
export function nodeFindings(
  home: Home,
  cluster: Cluster,
  node: Node,
  judged: Judged,
  now: string,
): AwsSecurityFinding[] {
  const resources = [nodeResource(node, home), clusterResource(cluster, home)];
  const fields = {
    instanceId: node.instanceId,
    nodeGroup: node.group.name,
    nodeGroupKind: node.group.kind,
    os: judged.os,
    architecture: node.architecture,
    kubeletVersion: judged.kubeletVersion,
    evidenceSha256: judged.evidence?.sha256,
  };
  return judged.verdicts.map(({ rule, severity, verdict }) =>
    toFinding({
      home,
      rule,
      severity,
      verdict,
      benchmark: judged.benchmark,
      cluster: cluster.name,
      subject: node.instanceId,
      remediation: rule.remediation[judged.os],
      resources,
      fields,
      // No finding about the node can be older. A launch is younger after a stop, but then the ledger still knows the first.
      createdAt: node.launchedAt ?? cluster.createdAt ?? now,
      updatedAt: now,
    }),
  );
}
