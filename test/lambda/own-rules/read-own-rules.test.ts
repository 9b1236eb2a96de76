import { expect, test } from "vitest";
import { readOwnRules } from "../../../lambda/own-rules/read-own-rules.ts";
import { ownRule } from "./own-rules-on.ts";

const good = ownRule();
/** Aliases that expand to 9^4 values. */
const bomb = ["x", "*a", "*b", "*c"]
  .map((each, index) => `${"abcd"[index]}: &${"abcd"[index]} [${Array(9).fill(each)}]`)
  .join("\n");
/** JSON is YAML. */
const read = (...rules: unknown[]) => readOwnRules(JSON.stringify(rules)).rules;

test.each([
  ["an empty file", ""],
  ["a file of comments", "# none yet\n"],
  ["an empty list", "[]\n"],
])("%s contains no rules", (_, yaml) => {
  expect(readOwnRules(yaml).rules).toEqual([]);
});

test("readOwnRules reads a rule from YAML, also with a byte order mark and Windows line ends", () => {
  const yaml = `
- id: max-pods
  title: At most 58 pods on a node
  severity: LOW
  passes: |
    kubelet.maxPods <= 58
  applies: node.instanceType.startsWith("m7i.large")
  because: "maxPods is {kubelet.maxPods}"
  remediation: >
    Set maxPods.
  requirements: ["NIST.800-53.r5 CM-6"]
`;
  const rules = [
    {
      ...good,
      passes: "kubelet.maxPods <= 58\n",
      applies: 'node.instanceType.startsWith("m7i.large")',
      because: "maxPods is {kubelet.maxPods}",
      remediation: "Set maxPods.\n",
      requirements: ["NIST.800-53.r5 CM-6"],
    },
  ];
  expect(readOwnRules(yaml).rules).toEqual(rules);
  expect(readOwnRules(`\ufeff${yaml.replaceAll("\n", "\r\n")}`).rules).toEqual(rules);
});

test.each([
  ["a text that is not YAML", "- id: 'max-pods", "Missing closing 'quote"],
  ["a quoted text at the start of an expression", '- passes: "a" in kubelet.kubeReserved', 'as a block: "passes: |"'],
  [
    "an expression that YAML reads as a tag",
    "- passes: !has(kubelet.tracing)",
    'passes: write a CEL expression, as a block ("',
  ],
  ["a key twice", "- id: max-pods\n  id: max-pods", "Map keys must be unique"],
  ["a value that is not a list", "id: max-pods", "the file: write a list of rules"],
  ["two documents", "[]\n---\n[]", "Source contains multiple documents"],
  ["an alias without an anchor", "- *nobody", "rules.yaml cannot be used:\n  Unresolved alias"],
  ["too many aliases", bomb, "rules.yaml cannot be used:\n  Excessive alias count"],
  ["a file that is too large", `# ${"x".repeat(300_000)}`, "more than 300000 bytes"],
  ["a key __proto__", "- __proto__: { id: max-pods }", 'unknown "__proto__"; use only id, title'],
])("%s is rejected", (_, yaml, problem) => {
  expect(() => readOwnRules(yaml)).toThrow(problem);
});

test.each<[string, object | string, string]>([
  ["a text in place of an object", "max-pods", "rule 2: write id, title, severity, passes and remediation"],
  ["no id", { ...good, id: undefined }, "rule 2, id: write an id"],
  ["an id with other characters", { ...good, id: "Max Pods" }, "rule 2 (Max Pods), id: write lower-case letters"],
  ["an id with a line break", { ...good, id: "max-pods\nx" }, "write lower-case letters"],
  ["an id that is too long", { ...good, id: "x".repeat(61) }, "id: write at most 60 characters"],
  [
    "the id of a built-in rule",
    { ...good, id: "client-ca-file" },
    "id: the auditor has a rule or a benchmark number of that",
  ],
  ["a number of the STIG", { ...good, id: "v-242387" }, "id: the auditor has a rule or a benchmark number of that"],
  [
    "a number of the STIG without a rule",
    { ...good, id: "cntr-k8-000460" },
    "id: the auditor has a rule or a benchmark",
  ],
  ["an id that every JavaScript object has as a member", { ...good, id: "constructor" }, "id: choose another id"],
  ["an id twice", good, "rule 2 (max-pods), id: rule 1 has the same id"],
  ["no title", { ...good, title: " " }, "title: write one line of at most 120 characters"],
  ["a title that reads like a number", { ...good, title: 58 }, "title: write one line"],
  ["a title of two lines", { ...good, title: "a\nb" }, "title: write one line"],
  ["a title with a control character", { ...good, title: "a\u001b[31m" }, "title: write one line"],
  ["a severity in small letters", { ...good, severity: "low" }, "severity: write one of INFORMATIONAL, LOW"],
  ["no expression", { ...good, passes: undefined }, "passes: write a CEL expression"],
  ["a bool in place of an expression", { ...good, passes: true }, "passes: write a CEL expression"],
  [
    "a remediation that Security Hub rejects",
    { ...good, remediation: "x".repeat(513) },
    "remediation: write a text of at most 512",
  ],
  ["requirements that are a text", { ...good, requirements: "NIST" }, "requirements: write a list"],
  ["too many requirements", { ...good, requirements: Array(33).fill("NIST") }, "requirements: write at most 32"],
  ["a misspelt key", { ...good, remediaton: "x" }, 'unknown "remediaton"; did you mean remediation?'],
  ["many unknown keys", { ...good, ...Array(500).fill(0) }, 'unknown "0" (499 more are unknown); use only id, title'],
])("%s is rejected, with its line", (_, entry, problem) => {
  const yaml = `# comment\n- ${JSON.stringify(good)}\n- ${JSON.stringify(entry)}\n`;
  expect(() => readOwnRules(yaml)).toThrow(/ {2}line 3, rule 2/);
  expect(() => readOwnRules(yaml)).toThrow(problem);
});

test("100 rules are accepted, and 2,000 rejected with one problem", () => {
  const numbered = (count: number) => Array.from({ length: count }, (_, index) => ({ ...good, id: `rule-${index}` }));
  expect(read(...numbered(100))).toHaveLength(100);
  const many = numbered(2_000).map(({ id }) => ({ id, title: "t", severity: "LOW", passes: "a", remediation: "r" }));
  expect(() => read(...many)).toThrow(/cannot be used:\n {2}the file: write at most 100 rules\n\n/);
});

test("a file with many mistakes shows the first 20 and counts the others", () => {
  expect(() => read(...Array(50).fill({ id: "x" }))).toThrow("and 180 more");
});

test("names in the rules do not change a prototype", () => {
  expect(() =>
    readOwnRules('- {"__proto__": {"polluted": 1}, "constructor": {"prototype": {"polluted": 1}}}'),
  ).toThrow();
  expect(Object.hasOwn(Object.prototype, "polluted")).toBe(false);
});
