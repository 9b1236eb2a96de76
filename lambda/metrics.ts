import { type Metrics, MetricUnit } from "@aws-lambda-powertools/metrics";
import type { Summary } from "./summary.ts";

/** Prints the run's numbers as CloudWatch metrics: in the embedded metric format, so no call and no permission is needed. */
export function printMetrics(
  metrics: Metrics,
  { nodes, findings, imported, held, phases, seconds, clusters }: Summary,
): void {
  const counts = {
    Clusters: clusters,
    Nodes: nodes.total,
    NodesAudited: nodes.audited,
    NodesNotAuditable: nodes.total - nodes.audited,
    FindingsPassed: findings.passed,
    FindingsFailed: findings.failed,
    FindingsNotAvailable: findings.notAvailable,
    FindingsExcepted: findings.excepted,
    FindingsHeld: held,
    FindingsImported: imported,
  };
  for (const [name, count] of Object.entries(counts)) metrics.addMetric(name, MetricUnit.Count, count);
  // A fleet without nodes is covered: an alarm on falling coverage would otherwise ring for it.
  const coverage = nodes.total === 0 ? 100 : (100 * nodes.audited) / nodes.total;
  metrics.addMetric("Coverage", MetricUnit.Percent, coverage);
  metrics.addMetric("Seconds", MetricUnit.Seconds, seconds);
  for (const [reason, count] of Object.entries(nodes.notAuditable)) {
    metrics.singleMetric().addDimension("Reason", reason).addMetric("NodesNotAuditable", MetricUnit.Count, count);
  }
  for (const [phase, took] of Object.entries(phases)) {
    metrics.singleMetric().addDimension("Phase", phase).addMetric("Seconds", MetricUnit.Seconds, took);
  }
  metrics.publishStoredMetrics();
}
