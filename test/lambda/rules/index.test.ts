import { readdirSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { osFamilies } from "../../../lambda/domain/operating-systems.ts";
import { requirementsOf } from "../../../lambda/domain/requirements.ts";
import { benchmarkNames } from "../../../lambda/domain/rule-facts.ts";
import { rules } from "../../../lambda/rules/index.ts";
import { benchmarkVersions } from "../../../lambda/rules/kit/benchmark.ts";
import type { Rule } from "../../../lambda/rules/kit/rule.ts";
import { withoutRule } from "../../../lambda/rules/kit/without-rule.ts";

/** Maximum numbers of characters. Source: AWS Security Hub API Reference, AwsSecurityFinding and Recommendation. */
const limits = { title: 256, remediation: 512 };

const folder = new URL("../../../lambda/rules/", import.meta.url);
const sources = readdirSync(folder).filter((name) => name.endsWith(".ts"));
const tests = readdirSync(new URL(".", import.meta.url)).filter((name) => name.endsWith(".test.ts"));
const number = (id: string | undefined) => (id ?? "9.9.99").split(".").map(Number);

/** A file of the folder is a rule if it has a default export. */
async function ruleFiles(): Promise<string[]> {
  const modules: [name: string, module: { default?: Rule }][] = await Promise.all(
    sources.map(async (name) => [name, await import(new URL(name, folder).href)]),
  );
  return modules.filter(([, module]) => module.default !== undefined).map(([name]) => name);
}

test("every rule file is listed, named as its id, and has a test", async () => {
  const files = await ruleFiles();
  expect(rules.map(({ id }) => `${id}.ts`).toSorted()).toEqual(files.toSorted());
  expect(tests).toEqual(expect.arrayContaining(files.map((name) => name.replace(".ts", ".test.ts"))));
});

test("the list is in the order of CIS EKS, then of CIS Kubernetes, then of the STIG, rules without a number last", () => {
  const numbers = rules.map(({ cis, cisKubernetes, stig }) => {
    const [vulnerability] = Object.keys(stig?.ids ?? {});
    return number(cis["1.8.0"] ?? cisKubernetes ?? vulnerability?.replace("V-", "5."));
  });
  const ordered = numbers.toSorted((one, other) => {
    const differing = one.findIndex((part, index) => part !== other[index]);
    return (one[differing] ?? 0) - (other[differing] ?? 0);
  });
  expect(numbers).toEqual(ordered);
});

test("section 3 of benchmark 1.8.0 is covered, each number once", () => {
  const numbers = rules.flatMap(({ cis }) => cis["1.8.0"] ?? []);
  const section31 = ["3.1.1", "3.1.2", "3.1.3", "3.1.4"];
  const section32 = Array.from({ length: 9 }, (_, index) => `3.2.${index + 1}`);
  expect(numbers).toEqual([...section31, ...section32]);
});

test("each fix by a NodeConfig also names the folder whose files override user data", () => {
  const fixes = rules.map(({ remediation }) => remediation.al2023).filter((fix) => fix.includes("NodeConfig"));
  expect(fixes.length).toBeGreaterThan(10);
  for (const fix of fixes) expect(fix).toContain("/etc/eks/nodeadm.d");
});

test("each number of CIS Kubernetes and of the STIG has one rule, or a reason why it has none", () => {
  const numbers = rules.flatMap(({ cisKubernetes, stig }) => [
    ...(cisKubernetes ? [cisKubernetes] : []),
    ...Object.entries(stig?.ids ?? {}).flat(),
  ]);
  const all = [...numbers, ...withoutRule.flatMap((each) => each.numbers)];
  expect(all).toEqual([...new Set(all)]);
  const section41 = Array.from({ length: 10 }, (_, index) => `4.1.${index + 1}`);
  const section42 = Array.from({ length: 14 }, (_, index) => `4.2.${index + 1}`);
  expect(all).toEqual(expect.arrayContaining([...section41, ...section42]));
});

test("a CIS number can name different rules in different versions", () => {
  const subject = (version: string, id: string) => rules.find(({ cis }) => cis[version] === id)?.id;
  expect(subject("1.2.0", "3.2.9")).toBe("event-qps");
  expect(subject("1.5.0", "3.2.9")).toBe("rotate-server-certificate");
  expect(benchmarkVersions.map((version) => subject(version, "3.2.3"))).toEqual(
    benchmarkVersions.map(() => "client-ca-file"),
  );
});

describe.each(rules.map((rule) => [rule.id, rule] as const))("%s", (_, rule: Rule) => {
  test("has a `failureTitle` and a `fixTitle` that fit a narrow terminal", () => {
    expect(rule.failureTitle).toMatch(/^[A-Z][ -~]{10,60}$/);
    expect(rule.fixTitle).toMatch(/^[A-Z][ -~]{10,54}[^.]$/);
  });

  test("has a number in each version of CIS EKS up to the one that dropped it, or in none", () => {
    const versions = Object.keys(rule.cis).toSorted();
    expect(versions).toEqual(benchmarkVersions.slice(0, versions.length));
  });

  test("has a level if a benchmark of CIS has it", () => {
    expect(rule.level !== undefined).toBe(Object.keys(rule.cis).length > 0 || rule.cisKubernetes !== undefined);
  });

  test("has numbers and controls in the form of their source", () => {
    expect(rule.cisKubernetes ?? "4.2.1").toMatch(/^4\.[12]\.\d{1,2}$/);
    for (const [vulnerability, id] of Object.entries(rule.stig?.ids ?? {})) {
      expect(vulnerability).toMatch(/^V-24\d{4}$/);
      expect(id).toMatch(/^CNTR-K8-00\d{4}$/);
    }
    for (const control of rule.controls ?? [])
      expect(control).toMatch(/^(NIST\.800-53\.r5 [A-Z]{2}-\d{1,2}(\(\d{1,2}\))?|PCI DSS v4\.0\.1\/[1-9][\d.]*\d)$/);
  });

  test("has at most 32 requirements with every benchmark, the limit of Security Hub", () => {
    const all = requirementsOf(rule, "1.8.0", benchmarkNames);
    expect(all.length + (rule.controls?.length ?? 0) + (rule.datadog ? 1 : 0)).toBeLessThanOrEqual(32);
  });

  test("has the property `alongside` only if it has no number in any benchmark", () => {
    const numbers = benchmarkVersions.flatMap((version) => requirementsOf(rule, version, benchmarkNames));
    if (rule.alongside) expect(numbers).toEqual([]);
  });

  test("has a reason of two sentences", () => {
    expect(rule.why.match(/[^.]+\.( |$)/g)).toHaveLength(2);
  });

  test("describes when it passes, when it fails and when it is not available", () => {
    for (const text of [rule.passes, rule.fails, rule.notAvailable]) expect(text).toMatch(/^[A-Za-z].{20,}\.$/s);
  });

  test("has no TODO left", () => {
    expect(JSON.stringify(rule)).not.toContain("TODO");
  });

  test("has a title that fits into ASFF", () => {
    expect(rule.title.length).toBeLessThanOrEqual(limits.title);
    expect(rule.title).not.toMatch(/\.$/);
  });

  test.each(osFamilies)("has a remediation for %s that fits into ASFF", (family) => {
    const text = Object.entries(rule.remediation).find(([os]) => os === family)?.[1] ?? "";
    expect(text.length).toBeGreaterThan(30);
    expect(text.length).toBeLessThanOrEqual(limits.remediation);
    expect(text).toMatch(/^[\x20-\x7e\n]+$/);
  });
});
