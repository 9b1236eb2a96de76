import { z } from "zod";
import type { Finding } from "./asff.ts";
import type { Clock } from "./clock.ts";
import { findingFilters, matchesFilters, valuesOf } from "./findings-query.ts";

/** A custom insight: properties of the CloudFormation resource. */
export const insightModel = z.object({ Name: z.string(), Filters: findingFilters, GroupByAttribute: z.string() });
export type Insight = z.output<typeof insightModel>;

/** Result of an insight, as the Security Hub console shows it. */
export interface InsightResults {
  name: string;
  groupedBy: string;
  /**
   * Number of findings for each value of the attribute, largest first. A finding with several values counts for each.
   */
  groups: { value: string; count: number }[];
}

/** Maximum number of values in one result. Source: Security Hub API Reference, GetInsightResults. */
const mostGroups = 100;

export function evaluate(insight: Insight, findings: readonly Finding[], clock: Clock): InsightResults {
  const { Name: name, Filters, GroupByAttribute: groupedBy } = insight;
  const counts = new Map<string, number>();
  for (const finding of findings.filter((each) => matchesFilters(each, Filters, clock))) {
    for (const value of new Set(valuesOf(finding, groupedBy))) counts.set(value, (counts.get(value) ?? 0) + 1);
  }
  const groups = [...counts].map(([value, count]) => ({ value, count }));
  groups.sort((a, b) => b.count - a.count || (a.value < b.value ? -1 : 1));
  return { name, groupedBy, groups: groups.slice(0, mostGroups) };
}
