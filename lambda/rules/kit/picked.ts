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
 * The severity of the rule on a subject to which `version` of the CIS Amazon EKS Benchmark applies, or "off". A rule is
 * on if it belongs to a picked benchmark or to none. A severity in the settings switches any rule on.
 */
export function severityOf(
  rule: Rule,
  version: BenchmarkVersion,
  { rules: choice, benchmarks = usualBenchmarks }: Picked,
): Severity | "off" {
  return choice?.[rule.id] ?? (isPicked(rule, version, benchmarks) ? rule.severity : "off");
}

function isPicked(rule: Rule, version: BenchmarkVersion, benchmarks: readonly BenchmarkName[]): boolean {
  if (rule.alongside) return rule.alongside.some((name) => benchmarks.includes(name));
  return isInNoBenchmark(rule) || benchmarks.some((benchmark) => isNumbered(rule, version, benchmark));
}

/** Whether the rule belongs to no version of any benchmark. Such a rule is on with each choice of benchmarks. */
export function isInNoBenchmark({ cis, cisKubernetes, stig, alongside }: Rule): boolean {
  return Object.keys(cis).length === 0 && !cisKubernetes && !stig && !alongside;
}
