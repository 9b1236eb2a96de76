import { cp, mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createRule } from "../../bin/create/rule.ts";
import { rules } from "../../lambda/rules/index.ts";
import type { Rule } from "../../lambda/rules/kit/rule.ts";

/** A copy of the folders that createRule changes. It is inside this repository, so that imports find node_modules. */
let root = "";
beforeEach(async () => {
  await mkdir("out", { recursive: true });
  root = await mkdtemp(join(process.cwd(), "out", "create-"));
  await cp("lambda", join(root, "lambda"), { recursive: true });
  await mkdir(join(root, "test/lambda/rules"), { recursive: true });
});
afterEach(() => rm(root, { recursive: true }));

const listIn = async (): Promise<{ rules: readonly Rule[] }> =>
  await import(pathToFileURL(join(root, "lambda/rules/index.ts")).href);

test("writes a rule and its test, and adds the rule at the end of the list", async () => {
  await createRule(root, "max-pods");
  const list = await listIn();
  expect(list.rules.map(({ id }) => id)).toEqual([...rules.map(({ id }) => id), "max-pods"]);
  expect(await readFile(join(root, "test/lambda/rules/max-pods.test.ts"), "utf8")).toContain(
    'verdictsOn(state)["max-pods"]',
  );
});

test("prints the written files and the remaining step of replacing each TODO", async () => {
  const printed = await createRule(root, "max-pods");
  expect(printed).toContain("lambda/rules/max-pods.ts");
  expect(printed).toContain("test/lambda/rules/max-pods.test.ts");
  expect(printed).toContain("Replace each TODO");
});

test.each(["Max-Pods", "3.2.10", "../evil", "pods", ""])("rejects the name %j", async (name) => {
  await expect(createRule(root, name)).rejects.toThrow("is not a valid rule name");
});

test("does not overwrite an existing rule", async () => {
  await expect(createRule(root, "read-only-port")).rejects.toThrow("already exists");
});
