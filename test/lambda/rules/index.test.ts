import { readdirSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { osFamilies } from "../../../lambda/domain/operating-systems.ts";
import { rules } from "../../../lambda/rules/index.ts";
import { benchmarkVersions } from "../../../lambda/rules/kit/benchmark.ts";
import type { Rule } from "../../../lambda/rules/kit/rule.ts";

/** Maximum characters. Source: AWS Security Hub API Reference, AwsSecurityFinding and Recommendation. */
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

test("the list is in the order of the newest benchmark, our own rules last", () => {
  const numbers = rules.map(({ cis }) => number(cis["1.8.0"]));
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

test("a CIS number can name different rules in different versions", () => {
  const subject = (version: string, id: string) => rules.find(({ cis }) => cis[version] === id)?.id;
  expect(subject("1.2.0", "3.2.9")).toBe("event-qps");
  expect(subject("1.5.0", "3.2.9")).toBe("rotate-server-certificate");
  expect(benchmarkVersions.map((version) => subject(version, "3.2.3"))).toEqual(
    benchmarkVersions.map(() => "client-ca-file"),
  );
});

describe.each(rules.map((rule) => [rule.id, rule] as const))("%s", (_, rule: Rule) => {
  test("has a title for its failure and a fix that each fit a narrow terminal", () => {
    expect(rule.failureTitle).toMatch(/^[A-Z][ -~]{10,60}$/);
    expect(rule.fixTitle).toMatch(/^[A-Z][ -~]{10,54}[^.]$/);
  });

  test("has a number in every benchmark version and a level, or is our own and has neither", () => {
    const versions = Object.keys(rule.cis).toSorted();
    expect([[], benchmarkVersions]).toContainEqual(versions);
    expect(rule.level !== undefined).toBe(versions.length > 0);
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
