import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { formats } from "../../../../bin/cli/formats/index.ts";

/** Files of the folder that do not define a format. */
const shared = ["columns.ts", "format.ts", "index.ts"];
const names = Object.keys(formats).sort();

test("every other file of the folder defines the listed format of its name", () => {
  const files = readdirSync(new URL("../../../../bin/cli/formats/", import.meta.url));
  expect(names.map((name) => `${name}.ts`)).toEqual(files.filter((file) => !shared.includes(file)).sort());
});

test("every format has a test file of its name, and every test file a format", () => {
  const tests = readdirSync(new URL(".", import.meta.url)).filter((file) => file.endsWith(".aws.test.ts"));
  expect(tests.filter((file) => file !== "found.aws.test.ts").sort()).toEqual(
    names.map((name) => `${name}.aws.test.ts`),
  );
});

test.each(names)("%s is described in docs/cli.md", (name) => {
  expect(readFileSync("docs/cli.md", "utf8")).toContain(`| \`${name}\` |`);
});
