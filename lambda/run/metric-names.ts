/** What CloudWatch knows our metrics by. Shared with `lib/`, so that no alarm can watch a metric which nobody sends. */
export const metricNamespace = "EksKubeletAuditor";

/** Every metric has it as its dimension "service"; those by rule, reason, cluster or phase have a second one of that name. */
export const metricService = "eks-kubelet-auditor";

export type MetricName =
  | "Clusters"
  | "Nodes"
  | "NodesAudited"
  | "NodesStarting"
  | "NodesNotAuditable"
  | "Coverage"
  | "FindingsPassed"
  | "FindingsFailed"
  | "FindingsNotAvailable"
  | "FindingsExcepted"
  | "FindingsHeld"
  | "FindingsImported"
  | "FindingsRefused"
  | "MinutesToFirstVerdict"
  | "RunsFailed"
  | "Seconds";

export type MetricBreakdown = "Rule" | "Reason" | "Cluster" | "Phase";
