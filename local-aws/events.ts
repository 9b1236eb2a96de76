import type { Finding } from "./asff.ts";
import type { AccountRegion } from "./holdings.ts";

/** Sends an import's event to the matching rules. Source: Security Hub User Guide, "Event formats for EventBridge". */
export function announceImport(finding: Finding, at: AccountRegion): void {
  if (at.rules.length === 0) return;
  const event = {
    version: "0",
    "detail-type": "Security Hub Findings - Imported",
    source: "aws.securityhub",
    account: at.account,
    region: at.region,
    resources: [`${finding.ProductArn}/${finding.Id}`],
    detail: { findings: [finding] },
  };
  for (const rule of at.rules) if (matches(rule.pattern, event)) rule.matched.push(event);
}

/**
 * Whether the event matches the pattern. Supports nested fields, lists of exact values (strings, numbers, booleans,
 * null) and `prefix`. Any other pattern throws an error, so that no test passes by mistake. A field that the pattern
 * omits can have any value. A list in the event matches if one of its elements matches. Source: Amazon EventBridge User
 * Guide, "Creating event patterns".
 */
export function matches(pattern: unknown, value: unknown): boolean {
  if (Array.isArray(pattern)) return pattern.some((wanted) => [value].flat().some((each) => isLike(wanted, each)));
  if (typeof pattern !== "object" || pattern === null) throw new Error("An event pattern must be an object or a list.");
  const candidates = [value].flat().filter((each) => typeof each === "object" && each !== null);
  return candidates.some((each) =>
    Object.entries(pattern).every(([name, inside]) => matches(inside, (each as Record<string, unknown>)[name])),
  );
}

function isLike(wanted: unknown, value: unknown): boolean {
  if (typeof wanted !== "object" || wanted === null) return wanted === value;
  if ("prefix" in wanted) return typeof value === "string" && value.startsWith(String(wanted.prefix));
  throw new Error(`local-aws does not support the event pattern ${JSON.stringify(wanted)}.`);
}
