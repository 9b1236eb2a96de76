/**
 * Namespace of the metrics. `lib/` imports the names in this file, so that no alarm watches a metric which does not
 * exist.
 */
export const metricNamespace = "EksKubeletAuditor";

/**
 * Value of the dimension "service" of every metric. Metrics by rule, reason, cluster or phase have a second dimension
 * of that name.
 */
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
