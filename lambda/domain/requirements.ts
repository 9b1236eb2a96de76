import { type BenchmarkName, type BenchmarkVersion, benchmarkNames, type RuleFacts } from "./rule-facts.ts";

/** A number of a rule in one version of a benchmark. */
export interface Requirement {
  benchmark: BenchmarkName;
  /** The benchmark's title and version, for example "CIS Amazon EKS Benchmark v1.8.0". */
  standard: string;
  /** For example "1.8.0" or "V2R6". */
  version: string;
  /** For example "3.2.3" or "V-242387". */
  number: string;
}

/** The benchmarks of a deployment whose settings name none. */
export const usualBenchmarks: readonly BenchmarkName[] = ["cis-eks"];

/** Titles without versions. */
export const benchmarkTitles: Readonly<Record<BenchmarkName, string>> = {
  "cis-eks": "CIS Amazon EKS Benchmark",
  "cis-kubernetes": "CIS Kubernetes Benchmark",
  stig: "DISA Kubernetes STIG",
};

/**
 * The newest versions with known numbers. The numbers of all rules are the same in CIS Kubernetes 1.12.0 as in 2.0.1,
 * and the same in STIG V2R4 as in V2R6.
 */
const kubernetesVersion = "2.0.1";
const stigRelease = "V2R6";

/** Whether `rule` has a number in the benchmark. */
export function isNumbered(
  { cis, cisKubernetes, stig }: Pick<RuleFacts, "cis" | "cisKubernetes" | "stig">,
  version: BenchmarkVersion,
  benchmark: BenchmarkName,
): boolean {
  return (benchmark === "cis-eks" ? cis[version] : benchmark === "stig" ? stig : cisKubernetes) !== undefined;
}

/**
 * The numbers of `rule` in the picked benchmarks, for a subject to which `version` of the CIS Amazon EKS Benchmark
 * applies.
 */
export function requirementsOf(
  rule: Pick<RuleFacts, "cis" | "cisKubernetes" | "stig">,
  version: BenchmarkVersion,
  picked: readonly BenchmarkName[],
): Requirement[] {
  const { cis, cisKubernetes, stig } = rule;
  const numbers: Record<BenchmarkName, readonly [version: string, numbers: readonly (string | undefined)[]]> = {
    "cis-eks": [version, [cis[version]]],
    "cis-kubernetes": [kubernetesVersion, [cisKubernetes]],
    stig: [stigRelease, stig ? Object.entries(stig.ids).flat() : []],
  };
  return benchmarkNames.flatMap((benchmark) => {
    if (!picked.includes(benchmark)) return [];
    const [version, ofRule] = numbers[benchmark];
    const standard = `${benchmarkTitles[benchmark]} ${benchmark === "stig" ? version : `v${version}`}`;
    return ofRule.flatMap((number) => (number === undefined ? [] : { benchmark, standard, version, number }));
  });
}

/** "CIS Amazon EKS Benchmark v1.8.0/3.2.3", the form in which Security Hub writes requirements. */
export function requirementText({ standard, number }: Requirement): string {
  return `${standard}/${number}`;
}
