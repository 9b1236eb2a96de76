import { benchmarkTitles, requirementsOf } from "../../domain/requirements.ts";
import { type BenchmarkName, type BenchmarkVersion, benchmarkNames } from "../../domain/rule-facts.ts";
import { nearest } from "../../text.ts";
import { rules } from "../index.ts";
import { newestBenchmark } from "./benchmark.ts";
import type { Rule } from "./rule.ts";
import { withoutRule } from "./without-rule.ts";

/** The rule's id, then its numbers. Those of the CIS Amazon EKS Benchmark are the numbers in `version`. */
function namesOf({ id, cis, cisKubernetes, stig }: Rule, version: BenchmarkVersion): string[] {
  return [id, cis[version], cisKubernetes, ...Object.entries(stig?.ids ?? {}).flat()].filter(
    (name) => name !== undefined,
  );
}

/**
 * The rule with this id, number in a benchmark of CIS, or number in the STIG. A number of the CIS Amazon EKS Benchmark
 * can name different rules in different versions; it is read as one of `version`.
 */
export function ruleNamed(name: string, version = newestBenchmark): Rule | undefined {
  const wanted = [name, name.toUpperCase()];
  return rules.find((rule) => namesOf(rule, version).some((known) => wanted.includes(known)));
}

/** The benchmark in which `name` is the number of a rule; undefined if there is none. */
export function benchmarkOfNumber(name: string, version = newestBenchmark): BenchmarkName | undefined {
  const requirements = rules.flatMap((rule) => requirementsOf(rule, version, benchmarkNames));
  return requirements.find(({ number }) => number === name.toUpperCase())?.benchmark;
}

/** The numbers that are known and have no rule, and the reason. */
export function withoutRuleNamed(name: string): (typeof withoutRule)[number] | undefined {
  return withoutRule.find(({ numbers }) => numbers.includes(name.toUpperCase()));
}

/**
 * A sentence about a name that no rule has: why no rule judges this number of a benchmark, or the name that was
 * probably meant.
 */
export function adviceOn(name: string, version = newestBenchmark): string | undefined {
  const known = withoutRuleNamed(name);
  if (known) return `${known.subject}: ${known.because}`;
  const [, vulnerability] = /^SV-(\d{6})/i.exec(name) ?? [];
  const ofStig = vulnerability && ruleNamed(`V-${vulnerability}`);
  if (ofStig) return `SV ids change with each release of the STIG. Write V-${vulnerability} (${ofStig.id}).`;
  for (const rule of rules) {
    const [older] = Object.entries(rule.cis).findLast(([, number]) => number === name) ?? [];
    if (older)
      return `${benchmarkTitles["cis-eks"]} ${version} has no rule of that number. In ${older} it was ${rule.id}.`;
  }
  const named = new Map(rules.flatMap((rule) => namesOf(rule, version).map((one) => [one, rule.id])));
  const meant = nearest(name, [...named.keys()]);
  const id = meant === undefined ? undefined : named.get(meant);
  if (id === undefined) return undefined;
  return `Did you mean ${id === meant ? meant : `${meant} (${id})`}?`;
}
