import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { rules } from "../../lambda/rules/index.ts";
import { usualRules } from "../kit/usual-rules.ts";

const page = (name: string) => readFileSync(`docs/${name}.md`, "utf8");
/** The number in the first match. A sentence of a page can continue on the next line. */
const first = (name: string, pattern: RegExp) =>
  Number(pattern.exec(page(name).replaceAll("\n", " "))?.[1]?.replaceAll(",", ""));

/** Findings of Security Hub in dollars: the first 10,000 of a month are free. */
const dollars = (findings: number) => (Math.max(0, findings - 10_000) * 0.000_03).toFixed(2);
/** One refresh of each finding, and 30 % of the nodes replaced: one archived and one new finding each. */
const inMonth = (nodes: number, count: number) => Math.round(nodes * count * 1.6);

test("the tables of costs follow from the number of rules that are on", () => {
  const [, table = ""] = /\| nodes \| findings.*?\n\|[-|]+\n(.*?)\n\n/s.exec(page("over-time")) ?? [];
  const written = table.split("\n").map((row) =>
    row
      .split("|")
      .slice(1, -1)
      .map((cell) => cell.trim().replaceAll(",", "")),
  );
  const expected = [10, 1_000, 10_000].map((nodes) => {
    const [usual, all] = [inMonth(nodes, usualRules.length), inMonth(nodes, rules.length)];
    return [nodes, usual, dollars(usual), all, dollars(all)].map(String);
  });
  expect(written).toEqual(expected);
});

test.each([
  ["over-time", /With the default benchmark (\d+) rules are on/, usualRules.length],
  ["over-time", /with all three (\d+)\./, rules.length],
  ["over-time", /each replaced node (\d+) archived/, usualRules.length],
  ["over-time", /A node with (\d+) findings/, usualRules.length],
  ["new-nodes", /\| (\d+) findings a node, each imported once and archived once/, usualRules.length],
  ["scale", /publishes the findings of (\d+) nodes a second/, Math.floor(1_000 / usualRules.length)],
])("docs/%s.md contains the present number in the sentence %s", (name, pattern, count) => {
  expect(first(name, pattern)).toBe(count);
});

test("README.md has at most 900 words besides tables and code", () => {
  const prose = readFileSync("README.md", "utf8")
    .replaceAll(/^```.*?^```/gms, "")
    .replaceAll(/^(?:\||<!--|!\[).*$/gm, "")
    .replaceAll(/\]\([^)]*\)/g, "]");
  const words = prose.split(/\s+/).filter((word) => /\w/.test(word));
  expect(words.length).toBeLessThanOrEqual(900);
  expect(words.length).toBeGreaterThan(300);
});
