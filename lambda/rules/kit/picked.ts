import { isNumbered, usualBenchmarks } from "../../domain/requirements.ts";
import type { BenchmarkName, BenchmarkVersion, Severity } from "../../domain/rule-facts.ts";
import type { RuleChoice } from "./choice.ts";
import type { Rule } from "./rule.ts";

/** The settings that decide which rules are on. */
export interface Picked {
  rules?: RuleChoice;
  /** Default: the CIS Amazon EKS Benchmark. */
  benchmarks?: readonly BenchmarkName[];
}

/**
 * The severity of the rule on a subject to which `version` of the CIS Amazon EKS Benchmark applies, or "off". A rule is on if it
 * belongs to a picked benchmark or to none. A severity in the settings switches any rule on.
 */
export function severityOf(
  rule: Rule,
  version: BenchmarkVersion,
  { rules: choice, benchmarks = usualBenchmarks }: Picked,
): Severity | "off" {
  return choice?.[rule.id] ?? (isPicked(rule, version, benchmarks) ? rule.severity : "off");
}

function isPicked(rule: Rule, version: BenchmarkVersion, benchmarks: readonly BenchmarkName[]): boolean {
  const { cis, cisKubernetes, stig, alongside } = rule;
  if (alongside) return alongside.some((name) => benchmarks.includes(name));
  if (benchmarks.some((benchmark) => isNumbered(rule, version, benchmark))) return true;
  return cisKubernetes === undefined && stig === undefined && Object.keys(cis).length === 0;
}
