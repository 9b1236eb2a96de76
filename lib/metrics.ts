import { Duration } from "aws-cdk-lib";
import { Metric, type MetricOptions } from "aws-cdk-lib/aws-cloudwatch";
import { type MetricName, metricNamespace, metricService } from "../lambda/run/metric-names.ts";

/** Of alarms. A run ends within a quarter of an hour; what Lambda says of it is dated by its start and may come that late. */
export const hourly = Duration.hours(1);

/** One of the function's own metrics: the highest value of an hour, if `options` say nothing else. */
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
