import { Duration } from "aws-cdk-lib";
import {
  type Alarm,
  AlarmStatusWidget,
  Dashboard,
  GraphWidget,
  PeriodOverride,
  SearchExpression,
  SingleValueWidget,
} from "aws-cdk-lib/aws-cloudwatch";
import { Construct } from "constructs";
import { type MetricBreakdown, type MetricName, metricNamespace } from "../lambda/run/metric-names.ts";
import { auditMetric } from "./metrics.ts";

/** One point per day, because audits are usually daily and CloudWatch draws no line between points with gaps. */
const period = Duration.days(1);

/** Number of columns in CloudWatch's widget grid. */
const columns = 24;

interface Shown {
  alarms: readonly Alarm[];
  coverageThreshold: number;
}

/** A dashboard with coverage, failures and run time of the last four weeks. */
export class AuditDashboard extends Construct {
  readonly dashboard: Dashboard;

  constructor(scope: Construct, id: string, { alarms, coverageThreshold }: Shown) {
    super(scope, id);
    const half = { width: columns / 2, height: 7, period };
    this.dashboard = new Dashboard(this, "Dashboard", {
      defaultInterval: Duration.days(28),
      periodOverride: PeriodOverride.INHERIT,
      widgets: [
        [
          new SingleValueWidget({
            title: "Last run",
            width: columns / 2,
            height: 4,
            metrics: [
              auditMetric("Nodes", { period, label: "nodes" }),
              auditMetric("NodesNotAuditable", { period, label: "not auditable" }),
              auditMetric("FindingsFailed", { period, label: "failed findings" }),
              auditMetric("FindingsExcepted", { period, label: "excepted" }),
            ],
          }),
          new AlarmStatusWidget({ title: "Alarms", width: columns / 2, height: 4, alarms: [...alarms] }),
        ],
        [
          new GraphWidget({
            ...half,
            title: "Coverage: nodes that could be audited",
            left: [auditMetric("Coverage", { period, statistic: "Minimum", label: "coverage" })],
            leftAnnotations: [{ value: coverageThreshold, label: "alarm below" }],
            leftYAxis: { min: 0, max: 100, label: "%", showUnits: false },
          }),
          new GraphWidget({
            ...half,
            title: "Nodes that could not be audited, by reason",
            left: [eachOf("NodesNotAuditable", "Reason")],
            leftYAxis: { min: 0, label: "nodes", showUnits: false },
            stacked: true,
          }),
        ],
        [
          new GraphWidget({
            ...half,
            title: "Failed findings, by rule",
            left: [eachOf("FindingsFailed", "Rule")],
            leftYAxis: { min: 0, label: "findings", showUnits: false },
            stacked: true,
          }),
          new GraphWidget({
            ...half,
            title: "Run time, by phase",
            left: [eachOf("Seconds", "Phase")],
            leftYAxis: { min: 0, label: "seconds", showUnits: false },
            stacked: true,
          }),
        ],
        [
          new GraphWidget({
            ...half,
            title: "New nodes: minutes from start to first verdict",
            left: [
              auditMetric("MinutesToFirstVerdict", { period, statistic: "p50", label: "half of the nodes" }),
              auditMetric("MinutesToFirstVerdict", { period, statistic: "p95", label: "95 % of the nodes" }),
            ],
            leftYAxis: { min: 0, label: "minutes", showUnits: false },
          }),
        ],
      ],
    });
  }
}

/** One line for each rule, reason or phase that has data. */
function eachOf(name: MetricName, by: MetricBreakdown): SearchExpression {
  const expression = `SEARCH('{${metricNamespace},service,${by}} MetricName="${name}"', 'Maximum', ${period.toSeconds()})`;
  return new SearchExpression({ expression, label: `\${PROP('Dim.${by}')}`, period });
}
