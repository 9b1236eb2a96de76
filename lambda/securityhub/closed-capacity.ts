import type { AwsSecurityFinding } from "@aws-sdk/client-securityhub";
import type { Cluster, Home, Unreadable } from "../domain/node.ts";
import { benchmarkFor } from "../rules/kit/benchmark.ts";
import nodeAuditable from "../rules/node-auditable.ts";
import { toFinding } from "./finding.ts";
import { clusterResource } from "./resources.ts";

/** What of a cluster AWS runs itself and lets nobody into. */
export interface ClosedCapacity {
  cluster: Cluster;
  /** Nodes of EKS Auto Mode. */
  providerManaged: number;
  fargateProfiles: readonly string[];
}

const awsAnswers = "Nothing: under the shared responsibility model AWS answers for these kubelets.";

/**
 * The one node-auditable finding about capacity that AWS closes; undefined when the cluster has none. It counts nothing,
 * since such capacity comes and goes by the hour and a finding that changes is imported again.
 */
export function closedCapacityFinding(
  home: Home,
  capacity: ClosedCapacity,
  now: string,
): AwsSecurityFinding | undefined {
  const reasons = reasonsOf(capacity);
  const [first] = reasons;
  if (!first) return undefined;
  const { cluster } = capacity;
  return toFinding({
    home,
    rule: nodeAuditable,
    severity: nodeAuditable.severity,
    verdict: {
      status: "notAvailable",
      reason: first.code,
      because: reasons.map(({ because }) => because).join(" "),
      fix: first.fix,
    },
    reasons,
    benchmark: benchmarkFor(cluster.version),
    cluster: cluster.name,
    subject: "cluster",
    remediation: first.fix,
    resources: [clusterResource(cluster, home)],
    fields: {},
    createdAt: cluster.createdAt ?? now,
    updatedAt: now,
  });
}

function reasonsOf({ cluster, providerManaged, fargateProfiles }: ClosedCapacity): Unreadable[] {
  const reasons: Unreadable[] = [];
  if (cluster.autoMode || providerManaged > 0) {
    const because = "EKS Auto Mode runs nodes of this cluster, and AWS lets nobody run commands on them.";
    reasons.push({ code: "PROVIDER_MANAGED", because, fix: awsAnswers });
  }
  if (fargateProfiles.length > 0) {
    const because = `Fargate runs pods of this cluster (profiles ${fargateProfiles.join(", ")}) on machines of AWS that nobody can reach.`;
    reasons.push({ code: "FARGATE", because, fix: awsAnswers });
  }
  return reasons;
}
