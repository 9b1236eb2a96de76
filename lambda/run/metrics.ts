import { type Metrics, MetricUnit } from "@aws-lambda-powertools/metrics";
import type { Summary } from "../domain/summary.ts";
import type { MetricBreakdown, MetricName } from "./metric-names.ts";

type Unit = (typeof MetricUnit)["Count" | "Seconds"];

/** Prints RunsFailed, 0 or 1, for a run over whole clusters. The metric also shows that a run has ended. */
export function printRunEnd(metrics: Metrics, failed: boolean): void {
  metrics.addMetric("RunsFailed" satisfies MetricName, MetricUnit.Count, failed ? 1 : 0);
  metrics.publishStoredMetrics();
}

/** Prints the minutes from the start of each new node to its first verdicts. */
export function printFirstVerdicts(metrics: Metrics, minutes: readonly number[]): void {
  for (const each of minutes)
    metrics.addMetric("MinutesToFirstVerdict" satisfies MetricName, MetricUnit.NoUnit, Math.round(each * 10) / 10);
  if (minutes.length > 0) metrics.publishStoredMetrics();
}

/**
 * Prints the counts of the run as CloudWatch metrics. The embedded metric format needs no call and no permission. A run
 * that ended early prints no counts of findings, because partial counts would look as if findings had disappeared.
 */
export function printMetrics(metrics: Metrics, summary: Summary): void {
  const { nodes, findings, endedBy } = summary;
  const isComplete = endedBy === undefined;
  const hasInventory = isComplete || summary.clusters > 0;
  const ofNodes = {
    Clusters: summary.clusters,
    Nodes: nodes.total,
    NodesAudited: nodes.audited,
    NodesStarting: nodes.starting,
    NodesNotAuditable: nodes.total - nodes.starting - nodes.audited,
  } satisfies Partial<Record<MetricName, number>>;
  const ofFindings = {
    FindingsPassed: findings.passed,
    FindingsFailed: findings.failed,
    FindingsNotAvailable: findings.notAvailable,
    FindingsExcepted: findings.excepted,
    FindingsHeld: summary.held,
    FindingsImported: summary.imported,
    FindingsRefused: summary.rejected,
  } satisfies Partial<Record<MetricName, number>>;
  const counts = { ...(hasInventory && ofNodes), ...(isComplete && ofFindings) };
  for (const [name, count] of Object.entries(counts)) metrics.addMetric(name, MetricUnit.Count, count);
  // Without nodes, or with starting ones only, coverage is 100 %, so that the alarm on low coverage stays off.
  const due = nodes.total - nodes.starting;
  const coverage = due === 0 ? 100 : (100 * nodes.audited) / due;
  if (hasInventory) metrics.addMetric("Coverage" satisfies MetricName, MetricUnit.Percent, coverage);
  metrics.addMetric("Seconds" satisfies MetricName, MetricUnit.Seconds, summary.seconds);

  const by = (breakdown: MetricBreakdown, name: MetricName, unit: Unit, values: Record<string, number>) => {
    for (const [value, amount] of Object.entries(values))
      metrics.singleMetric().addDimension(breakdown, value).addMetric(name, unit, amount);
  };
  if (isComplete) by("Rule", "FindingsFailed", MetricUnit.Count, summary.failedByRule);
  by("Reason", "NodesNotAuditable", MetricUnit.Count, nodes.notAuditable);
  // The metrics have no reasons by cluster. The summary in the log has them.
  for (const { name, nodes: own } of summary.perCluster) {
    by("Cluster", "Nodes", MetricUnit.Count, { [name]: own.total });
    by("Cluster", "NodesAudited", MetricUnit.Count, { [name]: own.audited });
    by("Cluster", "NodesNotAuditable", MetricUnit.Count, { [name]: own.total - own.starting - own.audited });
  }
  by("Phase", "Seconds", MetricUnit.Seconds, summary.phases);
  metrics.publishStoredMetrics();
}
