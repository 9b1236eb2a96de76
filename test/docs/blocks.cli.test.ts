import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";
import { parseDocument } from "yaml";
import { blocksOf, pages } from "./pages.ts";

const blocks = pages.flatMap((page) => blocksOf(page).map((block) => ({ path: page.path, ...block })));
const inLanguage = (language: string) => blocks.filter((block) => block.language === language);

test("each block has a language whose syntax another test checks, or is not for pasting", () => {
  const checked = ["sh", "json", "yaml", "ts", "hcl"];
  const read = ["", "go", "mermaid"];
  expect(blocks.filter(({ language }) => ![...checked, ...read].includes(language))).toEqual([]);
});

test.each(inLanguage("sh"))("$path, line $line: the shell parses the commands", ({ text }) => {
  const { stderr } = spawnSync("bash", ["-n"], { input: text, encoding: "utf8" });
  expect(stderr).toBe("");
});

test.each(inLanguage("json"))("$path, line $line: the JSON parses", ({ text }) => {
  expect(() => JSON.parse(text)).not.toThrow();
});

test.each(inLanguage("yaml"))("$path, line $line: the YAML parses", ({ text }) => {
  const { errors, warnings } = parseDocument(text);
  expect([...errors, ...warnings]).toEqual([]);
});

// No parser of HCL is installed.
test.each(inLanguage("hcl"))("$path, line $line: the brackets of the HCL are closed", ({ text }) => {
  const open: string[] = [];
  for (const [bracket] of text.replaceAll(/"[^"]*"/g, "").matchAll(/[{}[\]()]/g))
    if ("{[(".includes(bracket)) open.push(bracket);
    else expect(`${open.pop()}${bracket}`).toMatch(/^(\{\}|\[\]|\(\))$/);
  expect(open).toEqual([]);
});
