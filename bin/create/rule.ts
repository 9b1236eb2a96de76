import { access, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

/**
 * Writes a rule and its test into the repository at `root` and adds the rule to the list. Returns the remaining steps
 * as text.
 */
export async function createRule(root: string, name: string): Promise<string> {
  if (!/^[a-z]+(-[a-z\d]+)+$/.test(name))
    throw new Error(
      `${JSON.stringify(name)} is not a valid rule name: write two or more words in lower case with hyphens, such as read-only-port.`,
    );
  const [rule, test, list] = [`lambda/rules/${name}.ts`, `test/lambda/rules/${name}.test.ts`, "lambda/rules/index.ts"];
  if (await exists(join(root, rule))) throw new Error(`${rule} already exists. Choose another name.`);
  await writeFile(join(root, rule), ruleText(name));
  await writeFile(join(root, test), testText(name));
  await writeFile(join(root, list), listed(await readFile(join(root, list), "utf8"), name));
  return `Wrote ${rule} and ${test}, and added the rule to ${list}.

1. Replace each TODO in ${rule}.
2. For a rule of a benchmark: fill in cis and level, and move the rule to its number's place in ${list}.
3. Write one row per kind of node into ${test}.
4. npm run docs:rules
5. npm run check && npx vitest run test/lambda/rules

docs/extending.md explains each part of a rule.`;
}

async function exists(path: string): Promise<boolean> {
  return await access(path).then(
    () => true,
    () => false,
  );
}

function camelCase(name: string): string {
  return name.replaceAll(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
}

/** Adds the rule at the end of the list, after the rules of the benchmark. */
function listed(index: string, name: string): string {
  const line = `import ${camelCase(name)} from "./${name}.ts";\n`;
  const imports = index.match(/^import \w+ from "\.\/[\w-]+\.ts";\n/gm) ?? [];
  const next = imports.find((each) => each.slice(each.indexOf('"')) > line.slice(line.indexOf('"')));
  const withImport = next ? index.replace(next, line + next) : line + index;
  return withImport.replace(/\n\];\n/, `\n  ${camelCase(name)},\n];\n`);
}

function ruleText(name: string): string {
  return `import { setInKubelet } from "./kit/remediation.ts";
import type { Rule } from "./kit/rule.ts";
import { judged, notApplicable } from "./kit/verdict.ts";

export default {
  id: "${name}",
  title: "TODO: one sentence that is true of a node that passes",
  failureTitle: "TODO: one sentence that is true of a node that fails",
  fixTitle: "TODO: the fix in at most 56 characters",
  why: "TODO: two sentences that give the reason for the rule.",
  passes: "TODO: when it passes, in terms of effective values.",
  fails: "TODO: when it fails.",
  notAvailable: "Only when the node could not be read.",
  severity: "MEDIUM",
  cis: {},
  remediation: setInKubelet({
    config: { TODO: true },
    flag: "--TODO=true",
    bottlerocket: "TODO: how to set this on Bottlerocket, or that it cannot be set there.",
  }),
  // TODO: the setting to judge and the values that pass.
  check: ({ kubelet }) => judged(kubelet, "enableServer", (isOn) => isOn),
  // TODO: the check of Bottlerocket's report that answers this rule, such as { check: "4.2.4" }.
  bottlerocket: () => notApplicable("Bottlerocket's report contains nothing about this."),
} satisfies Rule;
`;
}

function testText(name: string): string {
  return `import { expect, test } from "vitest";
import { type NodeState, verdictsOn } from "../../node-state.ts";

// TODO: one row each for default, config file, drop-in and flag.
const rows: [title: string, state: NodeState, status: string][] = [
  ["passes a kubelet with an empty config file", { file: {} }, "passed"],
];

test.each(rows)("%s", (_, state, status) => {
  expect(verdictsOn(state)["${name}"]).toMatchObject({ status });
});
`;
}
