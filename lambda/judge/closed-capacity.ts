import type { Unreadable } from "../domain/node.ts";
import type { ClusterSubject, Result } from "../domain/result.ts";
import { factsOf } from "../judge/results.ts";
import nodeAuditable from "../rules/node-auditable.ts";
import { printable } from "../text.ts";

/** The capacity of a cluster that AWS runs itself. SSM does not reach it. */
export interface ClosedCapacity {
  /** Nodes of EKS Auto Mode. */
  providerManaged: number;
  fargateProfiles: readonly string[];
}

/** Source: Amazon EKS User Guide, "Generate CIS compliance reports from Kubernetes nodes using kubectl debug". */
const reportByKubectl =
  'Get the node\'s own report with kubectl: kubectl debug node/INSTANCE_ID -it --profile=sysadmin --image=public.ecr.aws/amazonlinux/amazonlinux:2023 -- bash -c "yum install -q -y util-linux-core; nsenter -t 1 -m apiclient report cis-k8s". This report covers the kubelet; "apiclient report cis" covers the operating system. AWS configures and patches these nodes.';

const awsAnswers = "Nothing to do: under the shared responsibility model AWS is responsible for these kubelets.";

/**
 * The result of node-auditable about capacity that SSM does not reach; undefined if the cluster has none. Its text
 * contains no number of nodes: that number changes by the hour, and each change of text imports the finding again.
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
    requirements: [],
  };
}

function reasonsOf({ cluster }: ClusterSubject, { providerManaged, fargateProfiles }: ClosedCapacity): Unreadable[] {
  const reasons: Unreadable[] = [];
  if (cluster.autoMode || providerManaged > 0) {
    const because = "EKS Auto Mode runs nodes of this cluster, and they are not reachable by SSM.";
    reasons.push({ code: "PROVIDER_MANAGED", because, fix: reportByKubectl });
  }
  if (fargateProfiles.length > 0) {
    const because = `Fargate runs pods of this cluster (profiles ${printable(fargateProfiles.join(", "))}) on machines that are not in this account.`;
    reasons.push({ code: "FARGATE", because, fix: awsAnswers });
  }
  return reasons;
}
