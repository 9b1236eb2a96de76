import { expect, test } from "vitest";
import { benchmarkOfNumber } from "../../../../lambda/rules/kit/rule-names.ts";

test.each([
  ["3.1.1", "cis-eks"],
  ["4.1.5", "cis-kubernetes"],
  ["V-242387", "stig"],
  ["cntr-k8-000330", "stig"],
  ["read-only-port", undefined],
  ["v-cpu", undefined],
])("the benchmark in which %s is the number of a rule is %s", (name, benchmark) => {
  expect(benchmarkOfNumber(name)).toBe(benchmark);
});
