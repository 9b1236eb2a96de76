import { Duration } from "aws-cdk-lib";
import { Metric, type MetricOptions } from "aws-cdk-lib/aws-cloudwatch";
import { type MetricName, metricNamespace, metricService } from "../lambda/run/metric-names.ts";

/**
 * Period of alarms. Lambda timestamps its metrics with the start of a run, and a run can take 15 minutes, so data
 * points can arrive that late.
 */
export const hourly = Duration.hours(1);

/** A metric of the runs. By default, its values are the maximum of each hour. */
export function auditMetric(metricName: MetricName, options: MetricOptions = {}): Metric {
  const { dimensionsMap, ...rest } = options;
  return new Metric({
    namespace: metricNamespace,
    metricName,
    dimensionsMap: { service: metricService, ...dimensionsMap },
    statistic: "Maximum",
    period: hourly,
    ...rest,
  });
}
