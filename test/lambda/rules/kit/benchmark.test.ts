import { expect, test } from "vitest";
import { benchmarkFor, benchmarkVersions } from "../../../../lambda/rules/kit/benchmark.ts";

test.each([
  ["1.19", "1.0.1"],
  ["1.20", "1.5.0"],
  ["1.28", "1.5.0"],
  ["1.29", "1.7.0"],
  ["1.31", "1.7.0"],
  ["1.32", "1.8.0"],
  ["1.34", "1.8.0"],
  ["1.36", "1.8.0"],
  ["v1.30.4-eks-a1b2c3d", "1.7.0"],
  [undefined, "1.8.0"],
  ["1.27 to 1.36", "1.8.0"],
])("Kubernetes %s is judged by benchmark %s", (kubernetesVersion, benchmark) => {
  expect(benchmarkFor(kubernetesVersion)).toBe(benchmark);
  expect(benchmarkVersions).toContain(benchmark);
});

test("a pinned benchmark overrides the one of the Kubernetes version", () =>
  expect(benchmarkFor("1.34", "1.5.0")).toBe("1.5.0"));
