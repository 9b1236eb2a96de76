import { cp, mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createRule } from "../../bin/create/rule.ts";
import { rules } from "../../lambda/rules/index.ts";
import type { Rule } from "../../lambda/rules/kit/rule.ts";

/** A copy of the folders that a new rule is written into, inside of this repository, so that its packages are found. */
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

test("writes a rule that is listed last, and its test", async () => {
  await createRule(root, "max-pods");
  const list = await listIn();
  expect(list.rules.map(({ id }) => id)).toEqual([...rules.map(({ id }) => id), "max-pods"]);
  expect(await readFile(join(root, "test/lambda/rules/max-pods.test.ts"), "utf8")).toContain(
    'verdictsOn(state)["max-pods"]',
  );
});

test("prints the files that it wrote and that each TODO in the rule is left to replace", async () => {
  const printed = await createRule(root, "max-pods");
  expect(printed).toContain("lambda/rules/max-pods.ts");
  expect(printed).toContain("test/lambda/rules/max-pods.test.ts");
  expect(printed).toContain("Replace each TODO");
});

test.each(["Max-Pods", "3.2.10", "../evil", "pods", ""])("does not accept %j as a name", async (name) => {
  await expect(createRule(root, name)).rejects.toThrow("is not a valid rule name");
});

test("does not overwrite a rule", async () => {
  await expect(createRule(root, "read-only-port")).rejects.toThrow("exists already");
});
