import type { Unreadable } from "../domain/node.ts";
import type { ClusterSubject, Result } from "../domain/result.ts";
import { factsOf } from "../judge/results.ts";
import { benchmarkFor } from "../rules/kit/benchmark.ts";
import nodeAuditable from "../rules/node-auditable.ts";
import { printable } from "../text.ts";

/** The capacity of a cluster that AWS runs itself and closes to its customers. */
export interface ClosedCapacity {
  /** Nodes of EKS Auto Mode. */
  providerManaged: number;
  fargateProfiles: readonly string[];
}

const awsAnswers = "Nothing: under the shared responsibility model AWS answers for these kubelets.";

/**
 * The one result of node-auditable about capacity that AWS closes; undefined when the cluster has none. It counts nothing,
 * because such capacity comes and goes by the hour, and a finding that changes is imported again.
 */
export function closedCapacityResult(subject: ClusterSubject, capacity: ClosedCapacity): Result | undefined {
  const reasons = reasonsOf(subject, capacity);
  const [first] = reasons;
  if (!first) return undefined;
  return {
    rule: factsOf(nodeAuditable),
    subject,
    status: "notApplicable",
    severity: nodeAuditable.severity,
    because: reasons.map(({ because }) => because).join(" "),
    reasons: reasons.map(({ code, because }) => ({ code, because })),
    fix: first.fix,
    benchmark: benchmarkFor(subject.cluster.version),
  };
}

function reasonsOf({ cluster }: ClusterSubject, { providerManaged, fargateProfiles }: ClosedCapacity): Unreadable[] {
  const reasons: Unreadable[] = [];
  if (cluster.autoMode || providerManaged > 0) {
    const because = "EKS Auto Mode runs nodes of this cluster, and AWS lets nobody run commands on them.";
    reasons.push({ code: "PROVIDER_MANAGED", because, fix: awsAnswers });
  }
  if (fargateProfiles.length > 0) {
    const because = `Fargate runs pods of this cluster (profiles ${printable(fargateProfiles.join(", "))}) on machines of AWS that nobody can reach.`;
    reasons.push({ code: "FARGATE", because, fix: awsAnswers });
  }
  return reasons;
}
