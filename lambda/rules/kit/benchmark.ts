import type { BenchmarkVersion } from "../../domain/rule-facts.ts";

/** Versions of the CIS Amazon EKS Benchmark whose section 3 is known, oldest first. */
export const benchmarkVersions: readonly BenchmarkVersion[] = ["1.0.1", "1.1.0", "1.2.0", "1.5.0", "1.7.0", "1.8.0"];

export const newestBenchmark: BenchmarkVersion = "1.8.0";

/**
 * First Kubernetes minor version of each benchmark, newest first. No official table exists. Up to 1.31, the versions
 * come from kube-bench (cmd/util.go). From 1.32 on, the benchmark is 1.8.0. CIS assigns 2.0.0 to Kubernetes 1.34 and
 * 1.35, but no public source contains the numbers in section 3 of 2.0.0, so 1.8.0 replaces it.
 */
const since: readonly { minor: number; benchmark: BenchmarkVersion }[] = [
  { minor: 32, benchmark: "1.8.0" },
  { minor: 29, benchmark: "1.7.0" },
  { minor: 20, benchmark: "1.5.0" },
  { minor: 0, benchmark: "1.0.1" },
];

/** The benchmark for a Kubernetes version, for example "1.34". An unknown version gets the newest benchmark. */
export function benchmarkFor(kubernetesVersion: string | undefined, pinned?: BenchmarkVersion): BenchmarkVersion {
  const running = Number(kubernetesVersion?.match(/^v?1\.(\d+)(?=[.+-]|$)/)?.[1] ?? Number.POSITIVE_INFINITY);
  return pinned ?? since.find(({ minor }) => running >= minor)?.benchmark ?? newestBenchmark;
}
