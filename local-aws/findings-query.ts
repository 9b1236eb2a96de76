import { z } from "zod";
import type { Finding } from "./asff.ts";
import type { Clock } from "./clock.ts";
import { AwsError } from "./errors.ts";

/**
 * Maximum attributes in one query, and values of one attribute. Source: Security Hub API model and reference,
 * GetFindings.
 */
const limits = { attributes: 10, values: 20 };

const condition = z.object({
  Value: z.string().optional(),
  Comparison: z.enum(["EQUALS", "PREFIX", "NOT_EQUALS", "PREFIX_NOT_EQUALS"]).default("EQUALS"),
  /** Only for map attributes. */
  Key: z.string().optional(),
  /** Start, End and DateRange: only for times. */
  Start: z.string().optional(),
  End: z.string().optional(),
  DateRange: z.object({ Unit: z.literal("DAYS"), Value: z.number() }).optional(),
});
type Condition = z.output<typeof condition>;

export const findingFilters = z
  .record(z.string(), z.array(condition).max(limits.values))
  .refine((filters) => Object.keys(filters).length <= limits.attributes, "at most 10 attributes");
type Filters = z.output<typeof findingFilters>;

const present = (...values: readonly (string | undefined)[]) => values.filter((value) => value !== undefined);
const entries = (map: Readonly<Record<string, string>> | undefined, key: string) => present(map?.[key]);

/**
 * Supported attributes, each with a function that returns a finding's values. `key` selects an entry of a map
 * attribute.
 */
const attributes: Readonly<Record<string, (finding: Finding, key: string) => readonly string[]>> = {
  ProductArn: ({ ProductArn }) => [ProductArn],
  Id: ({ Id }) => [Id],
  GeneratorId: ({ GeneratorId }) => [GeneratorId],
  UpdatedAt: ({ UpdatedAt }) => [UpdatedAt],
  ProductFields: ({ ProductFields }, key) => entries(ProductFields, key),
  ResourceId: ({ Resources }) => Resources.map(({ Id }) => Id),
  ComplianceStatus: ({ Compliance }) => present(Compliance?.Status),
  WorkflowStatus: ({ Workflow }) => present(Workflow?.Status),
  RecordState: ({ RecordState }) => present(RecordState),
};

/** Joins attributes by AND. Within one attribute, positive conditions are joined by OR, negative ones by AND. */
export function matchesFilters(finding: Finding, filters: Filters, clock: Clock): boolean {
  return Object.entries(filters).every(([attribute, conditions]) => {
    const negative = conditions.filter(({ Comparison }) => Comparison.includes("NOT"));
    const positive = conditions.filter(({ Comparison }) => !Comparison.includes("NOT"));
    const holds = (each: Condition) => matchesCondition(valuesOf(finding, attribute, each.Key), each, clock);
    return negative.every(holds) && (positive.length === 0 || positive.some(holds));
  });
}

/** A finding's values of an attribute. Throws if the attribute is not supported. */
export function valuesOf(finding: Finding, attribute: string, key = ""): readonly string[] {
  const read = attributes[attribute];
  if (read) return read(finding, key);
  throw new AwsError("InvalidInputException", `local-aws does not support the filter or sort field ${attribute}.`);
}

function matchesCondition(values: readonly string[], wanted: Condition, clock: Clock): boolean {
  const { Value, Comparison, Start, End, DateRange } = wanted;
  if (Value === undefined) {
    const from = DateRange ? clock.now() - DateRange.Value * 86_400_000 : Start ? Date.parse(Start) : -Infinity;
    const to = End ? Date.parse(End) : Infinity;
    return values.some((value) => Date.parse(value) >= from && Date.parse(value) <= to);
  }
  switch (Comparison) {
    case "EQUALS":
      return values.includes(Value);
    case "NOT_EQUALS":
      return !values.includes(Value);
    case "PREFIX":
      return values.some((value) => value.startsWith(Value));
    case "PREFIX_NOT_EQUALS":
      return !values.some((value) => value.startsWith(Value));
  }
}

/** Sorts by the first criterion, then the second, and so on. Equal findings keep the order of import. */
export function sortBy(
  findings: readonly Finding[],
  criteria: readonly { Field: string; SortOrder: "asc" | "desc" }[],
): Finding[] {
  const first = (finding: Finding, field: string) => valuesOf(finding, field)[0] ?? "";
  return findings.toSorted((a, b) => {
    for (const { Field, SortOrder } of criteria) {
      const [x, y] = [first(a, Field), first(b, Field)];
      if (x !== y) return (x < y ? -1 : 1) * (SortOrder === "asc" ? 1 : -1);
    }
    return 0;
  });
}
