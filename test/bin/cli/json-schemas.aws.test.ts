import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { json } from "../../../bin/cli/formats/json.ts";
import { writeSamples } from "../../../bin/cli/sample.ts";
import { rules } from "../../../lambda/rules/index.ts";
import { plantNode, runCollector } from "../../../local-aws/node-tree.ts";
import { collectorFile } from "../../kit/collector-file.ts";
import { deviations, refusals, schemaNames } from "../../kit/json-schemas.ts";
import { audit } from "../stage.ts";
import { found, view } from "./formats/found.ts";

const folder = mkdtempSync(join(tmpdir(), "json-schemas-"));
const fileOf = (name: string) => join(folder, name);
afterAll(() => rmSync(folder, { recursive: true }));

/**
 * Files for every kind of result: audited nodes, a kubelet that would not start, cut evidence, and a file that is
 * missing.
 */
const outcomes = ["compliant.txt", "failing.txt", "bottlerocket", "refusing", "cut", "missing"].map(fileOf);
const [compliant = "", failing = "", , , cut = ""] = outcomes;

beforeAll(async () => {
  await writeSamples(folder);
  for (const [name, kind, config] of [
    ["bottlerocket", "bottlerocket-control"],
    [
      "refusing",
      "al2023",
      '{"kind": "KubeletConfiguration", "apiVersion": "kubelet.config.k8s.io/v1beta1", "maxPods": -1}',
    ],
  ] as const) {
    const root = fileOf(`${name}.tree`);
    plantNode(kind, root);
    if (config) writeFileSync(join(root, "etc/kubernetes/kubelet/config.json"), config);
    writeFileSync(fileOf(name), (await runCollector(collectorFile(), root)).stdout);
  }
  const rest = "title: t, severity: LOW, remediation: r";
  writeFileSync(fileOf("rules.yaml"), `- { id: max-pods, passes: kubelet.maxPods <= 58, ${rest} }\n`);
  writeFileSync(fileOf("cut"), "eks-kubelet-evidence 1\nBEGIN\n");
});

/** Commands with JSON output: the schema of their documents, the arguments, and the number of documents. */
const commands: readonly [schema: string, args: readonly string[], documents: number][] = [
  ["check", ["check", "--json", ...outcomes], outcomes.length],
  ["check", ["check", "--output", "json", ...outcomes], outcomes.length],
  ["effective", ["effective", "--json", "--all", ...outcomes], outcomes.length],
  ["effective-configz", ["effective", "--configz", "--json", ...outcomes], outcomes.length],
  ["diff-config", ["diff-config", "--json", compliant, failing], 1],
  ["diff-config", ["diff-config", "--json", compliant, cut], 1],
  ["rule", ["rules", "--json"], rules.length],
  ["rule", ["rules", "--json", "--rules", fileOf("rules.yaml")], rules.length + 1],
  ["rule", ["explain", "--json", "max-pods", "--rules", fileOf("rules.yaml")], 1],
  ["check", ["check", "--json", "--rules", fileOf("rules.yaml"), compliant], 1],
  ["rule", ["explain", "--json", "V-254801"], 1],
  ...rules.map(({ id }): [string, string[], number] => ["rule", ["explain", "--json", id], 1]),
];

async function documentsOf(args: readonly string[]): Promise<unknown[]> {
  const { out } = await audit(args);
  const documents = out
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
  return args[0] === "rules" ? documents.flat() : documents;
}

test.each(commands)("the schema %s describes every field that %j prints", async (schema, args, count) => {
  const documents = await documentsOf(args);
  expect(documents).toHaveLength(count);
  expect(documents.flatMap((document) => deviations(schema, document))).toEqual([]);
});

test("the schema run describes every field of eks-kubelet-auditor run --output json", () => {
  expect(deviations("run", JSON.parse(json.write(found, view)))).toEqual([]);
});

test("each command with the option --json has a schema, and each schema has a command", async () => {
  const { out } = await audit(["help"]);
  const names = [...out.matchAll(/^ {2}([a-z][a-z-]+) {2,}/gm)].flatMap(([, name = ""]) =>
    name === "help" ? [] : name,
  );
  expect(names).toEqual(expect.arrayContaining(["run", ...commands.map(([, [command]]) => command)]));
  for (const name of names) {
    const help = (await audit(["help", name])).out;
    expect([name, /^ *--json /m.test(help)]).toEqual([name, commands.some(([, [command]]) => command === name)]);
  }
  // `npm start` writes the summary; its test validates it.
  expect(new Set([...commands.map(([schema]) => schema), "run", "summary"])).toEqual(new Set(schemaNames));
});

test("a line of effective --configz --json has only the four members of the fixed format", async () => {
  const lines = await documentsOf(["effective", "--configz", "--json", ...outcomes]);
  for (const line of lines)
    expect(Object.keys(line as object)).toEqual(["evidence", "refuses", "unreadable", "kubeletconfig"]);
});

describe.each([...new Map(commands.map(([schema, args]) => [schema, args]))])("the schema %s", (schema, args) => {
  test("refuses a document that lacks a member or has one of another type", async () => {
    const [document] = (await documentsOf(args)) as [object];
    for (const member of Object.keys(document)) {
      expect(refusals(schema, { ...document, [member]: undefined }), `without ${member}`).not.toEqual([]);
      expect(refusals(schema, { ...document, [member]: 0.5 }), `a number as ${member}`).not.toEqual([]);
    }
  });

  test("refuses another version and accepts a new field", async () => {
    const [document] = (await documentsOf(args)) as [object];
    if ("schemaVersion" in document) expect(refusals(schema, { ...document, schemaVersion: 2 })).not.toEqual([]);
    expect(refusals(schema, { ...document, addedLater: true })).toEqual([]);
    expect(deviations(schema, { ...document, addedLater: true })).not.toEqual([]);
  });
});

test("the schema run refuses an unknown status, a result without its node and another version", () => {
  const document = JSON.parse(json.write(found, view));
  const [result] = document.results;
  for (const broken of [
    { ...document, results: [{ ...result, status: "maybe" }] },
    { ...document, results: [{ ...result, node: undefined }] },
    { ...document, schemaVersion: 2 },
    { ...document, regions: [{ ...document.regions[0], nodes: { total: -1 } }] },
  ])
    expect(refusals("run", broken)).not.toEqual([]);
});
