import { expect, test } from "vitest";
import { readExceptions } from "../../../lambda/judge/exceptions.ts";

const good = {
  rule: "event-qps",
  scope: { cluster: "prod" },
  reason: "Bursts are wanted here",
  until: "2027-03-31",
};
/** Aliases that expand to 9^4 values. */
const bomb = ["x", "*a", "*b", "*c"]
  .map((each, index) => `${"abcd"[index]}: &${"abcd"[index]} [${Array(9).fill(each)}]`)
  .join("\n");
/** JSON is YAML. */
const read = (...entries: unknown[]) => readExceptions(JSON.stringify(entries));

test.each([
  ["an empty file", ""],
  ["a file of comments", "# none yet\n"],
  ["an empty list", "[]\n"],
])("%s contains no exceptions", (_, yaml) => {
  expect(readExceptions(yaml)).toEqual([]);
});

test("an exception is read from YAML", () => {
  const yaml = `
- rule: event-qps
  scope: { cluster: prod, nodeGroup: batch, instance: i-0a1b2c3d4e5f60718, tag: team=data=eu }
  reason: Bursts are wanted here
  until: 2027-03-31
`;
  const scope = { cluster: "prod", nodeGroup: "batch", instance: "i-0a1b2c3d4e5f60718", tag: "team=data=eu" };
  expect(readExceptions(yaml)).toEqual([{ ...good, scope }]);
});

test.each([
  ["a text that is not YAML", "- rule: 'event-qps", "Missing closing 'quote"],
  ["a key twice", "- rule: event-qps\n  rule: event-qps", "Map keys must be unique"],
  ["a value that is not a list", "rule: event-qps", "the file: write a list of exceptions"],
  ["two documents", "[]\n---\n[]", "Source contains multiple documents"],
  ["an alias without an anchor", "- *nobody", "exceptions.yaml cannot be used:\n  Unresolved alias"],
  ["too many aliases", bomb, "exceptions.yaml cannot be used:\n  Excessive alias count"],
  ["a file that is too large", `# ${"x".repeat(1_000_000)}`, "more than 1000000 bytes"],
])("%s is rejected", (_, yaml, problem) => {
  expect(() => readExceptions(yaml)).toThrow(problem);
});

test.each([
  ["a text in place of an object", "event-qps", "entry 2: write rule, scope, reason and until"],
  [
    "a misspelt rule",
    { ...good, rule: "event-qpss" },
    "entry 2 (event-qpss), rule: no rule has that name; did you mean event-qps?",
  ],
  [
    "the rule that cannot be excepted",
    { ...good, rule: "node-auditable" },
    "entry 2 (node-auditable), rule: node-auditable cannot be excepted",
  ],
  ["no scope", { ...good, scope: undefined }, "scope: name where the exception applies"],
  ["an empty scope, which would apply everywhere", { ...good, scope: {} }, "scope: name where the exception applies"],
  [
    "an unknown scope",
    { ...good, scope: { nodegroup: "x" } },
    'scope: unknown "nodegroup"; use only cluster, nodeGroup,',
  ],
  [
    "a pattern in place of a cluster",
    { ...good, scope: { cluster: "prod-*" } },
    "scope, cluster: write one cluster's name",
  ],
  [
    "a cluster that YAML parses as a number",
    { ...good, scope: { cluster: 123 } },
    "in quotes if it reads like a number",
  ],
  ["a tag as an object", { ...good, scope: { tag: { team: "data" } } }, "scope, tag: write key=value"],
  ["an instance without an id", { ...good, scope: { instance: "web-1" } }, "scope, instance: write an instance id"],
  ["a tag without a value", { ...good, scope: { tag: "team" } }, "scope, tag: write key=value"],
  ["no reason", { ...good, reason: " " }, "reason: write some text"],
  ["a reason that is too long", { ...good, reason: "x".repeat(901) }, "reason: write at most 900 characters"],
  [
    "no end",
    { ...good, until: undefined },
    "until: write the last day on which the exception applies, such as 2027-03-31",
  ],
  ["an end in words", { ...good, until: "next year" }, "until: write the last day on which the exception applies"],
  [
    "a day that is not in the calendar",
    { ...good, until: "2027-02-30" },
    "until: write the last day on which the exception applies",
  ],
  [
    "an unknown member",
    { ...good, ticket: 12 },
    'entry 2 (event-qps): unknown "ticket"; use only rule, scope, reason, until',
  ],
])("the error about an entry with %s names the entry and the fix", (_, entry, problem) => {
  expect(() => read(good, entry)).toThrow(problem);
});

test("an unknown scope is reported once, and not as a missing scope as well", () => {
  expect(() => read({ ...good, scope: { clutser: "prod" } })).not.toThrow("name where the exception applies");
});

test("a file with a byte order mark and line ends of Windows is read", () => {
  const yaml = "- rule: event-qps\n  scope: { cluster: prod }\n  reason: Bursts are wanted here\n  until: 2027-03-31\n";
  expect(readExceptions(`\ufeff${yaml.replaceAll("\n", "\r\n")}`)).toEqual([good]);
});

test("one error contains all problems and an example", () => {
  expect(() => read({ ...good, rule: "x" }, { ...good, until: "x" })).toThrow(
    /entry 1 .*entry 2 .*An entry looks like this/s,
  );
});
