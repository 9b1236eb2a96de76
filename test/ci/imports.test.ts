import { expect, test } from "vitest";
import {
  circles,
  importsOf,
  lambdaFolders,
  problemsIn,
  readGraph,
  sharedNames,
  strayImports,
} from "../../.ci/imports.ts";

const graphOf = (files: Readonly<Record<string, readonly string[]>>) => new Map(Object.entries(files));

test("the imports of this repository follow the table and contain no circle", () => {
  expect(problemsIn(readGraph())).toEqual([]);
});

test("readGraph finds hundreds of imports in lambda/, so the check does not pass without reading files", () => {
  const imports = [...readGraph()].flatMap(([file, names]) => (file.startsWith("lambda/") ? names : []));
  expect(imports.length).toBeGreaterThan(500);
});

test("the check reports a folder without imports and a file outside the listed folders", () => {
  expect(problemsIn(graphOf({ "lambda/utils/text.ts": [] }))).toEqual([
    ...Object.keys(lambdaFolders).map((folder) => `No import was read in lambda/${folder}.`),
    "lambda/utils/text.ts is in a folder that .ci/imports.ts does not list.",
  ]);
});

test.each([
  ["a value", 'import { x } from "./x.ts";', ["lambda/rules/x.ts"]],
  ["a type", 'import type { X } from "../kubelet/x.ts";', ["lambda/kubelet/x.ts"]],
  ["several lines", 'import {\n  a,\n  type B,\n} from "./b.ts";', ["lambda/rules/b.ts"]],
  ["a side effect", 'import "./c.ts";', ["lambda/rules/c.ts"]],
  ["a package", 'import * as z from "zod";', ["zod"]],
  ["a re-export", 'export { d } from "./d.ts";', ["lambda/rules/d.ts"]],
  ["a dynamic import", 'const e = await import("./e.ts");', ["lambda/rules/e.ts"]],
  ["text that is not an import", 'export const from = "./f.ts";', []],
])("importsOf reads %s", (_, source, expected) => {
  expect(importsOf("lambda/rules/a.ts", source)).toEqual(expected);
});

test.each([
  ["domain", "lambda/rules/index.ts"],
  ["domain", "zod"],
  ["go", "lambda/domain/problems.ts"],
  ["kubelet", "lambda/rules/index.ts"],
  ["rules", "@aws-sdk/client-ssm"],
  ["judge", "lambda/securityhub/asff.ts"],
  ["ledger", "lambda/securityhub/asff.ts"],
  ["collect", "lambda/inventory/inventory.ts"],
  ["report", "lambda/ledger/store.ts"],
  ["run", "lambda/judge/judge-node.ts"],
  ["rules", "local-aws/server.ts"],
])("the check reports an import of lambda/%s from %s", (folder, name) => {
  const file = `lambda/${folder}/planted.ts`;
  expect(strayImports(graphOf({ [file]: [name] }))).toEqual([`${file} must not import ${name}.`]);
});

test("the check reports a file of the embedded AWS that imports the auditor or the AWS SDK", () => {
  const imports = ["lambda/text.ts", "lib/permissions.ts", "@aws-sdk/client-ssm"];
  expect(strayImports(graphOf({ "local-aws/planted.ts": imports }))).toHaveLength(3);
});

test("the report of a circle names each of its files", () => {
  expect(circles(graphOf({ "a.ts": ["b.ts"], "b.ts": ["c.ts", "zod"], "c.ts": ["b.ts"] }))).toEqual([
    "Circle: b.ts -> c.ts -> b.ts.",
  ]);
});

test("the check reports a name that two files or two exports of lambda/ share", () => {
  const sources = new Map([
    ["lambda/go/json.ts", "export interface Member {}\nconst own = 1;"],
    ["lambda/plan/json.ts", "export type Member = string;\nconst own = 2;"],
    ["lambda/index.ts", "export async function handler() {}"],
    ["lambda/rules/index.ts", "export const handler = 1;"],
  ]);
  const files = "lambda/go/json.ts and lambda/plan/json.ts";
  expect(sharedNames(sources)).toEqual([`${files} share the name json.ts.`, `${files} share the name Member.`]);
});
