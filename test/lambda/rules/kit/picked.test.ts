import { expect, test } from "vitest";
import type { BenchmarkName } from "../../../../lambda/domain/rule-facts.ts";
import { rules } from "../../../../lambda/rules/index.ts";
import type { RuleChoice } from "../../../../lambda/rules/kit/choice.ts";
import { severityOf } from "../../../../lambda/rules/kit/picked.ts";

const on = (benchmarks: readonly BenchmarkName[] | undefined, { version = "1.8.0", choice = {} as RuleChoice } = {}) =>
  rules
    .filter((rule) => severityOf(rule, version, { rules: choice, ...(benchmarks && { benchmarks }) }) !== "off")
    .map(({ id }) => id);
const numbered = (has: (rule: (typeof rules)[number]) => boolean) => rules.filter(has).map(({ id }) => id);
/** Rules of no benchmark, which are on with every choice of benchmarks. */
const ours = numbered(
  ({ cis, cisKubernetes, stig, alongside }) =>
    Object.keys(cis).length === 0 && cisKubernetes === undefined && stig === undefined && alongside === undefined,
);

test("without benchmarks in the settings, the rules of CIS EKS and those of no benchmark are on", () => {
  const expected = [...numbered(({ cis }) => cis["1.8.0"] !== undefined), ...ours];
  expect(on(undefined).toSorted()).toEqual(expected.toSorted());
  expect(on(["cis-eks"])).toEqual(on(undefined));
});

test.each([
  ["cis-kubernetes", ({ cisKubernetes }: (typeof rules)[number]) => cisKubernetes !== undefined],
  ["stig", ({ stig }: (typeof rules)[number]) => stig !== undefined],
] as const)("with %s, its rules, those alongside it and those of no benchmark are on", (name, has) => {
  const alongside = numbered((rule) => rule.alongside?.includes(name) === true);
  expect(alongside).toEqual(["tls-min-version", "system-log-query"]);
  expect(on([name]).toSorted()).toEqual([...numbered(has), ...alongside, ...ours].toSorted());
});

test("with all benchmarks, every rule is on", () => {
  expect(on(["cis-eks", "cis-kubernetes", "stig"])).toEqual(rules.map(({ id }) => id));
});

test("a rule that CIS EKS dropped is on only while a version that has it is pinned", () => {
  expect(on(["cis-eks"], { version: "1.2.0" })).toEqual(
    expect.arrayContaining(["protect-kernel-defaults", "hostname-override"]),
  );
  expect(on(["cis-eks"], { version: "1.5.0" })).not.toContain("protect-kernel-defaults");
});

test("a severity in the settings switches on a rule of another benchmark, and `off` switches off any rule", () => {
  const choice = { "static-pods": "HIGH", "event-qps": "off" } as const;
  expect(on(undefined, { choice })).toContain("static-pods");
  expect(on(["cis-eks", "stig"], { choice })).not.toContain("event-qps");
});
