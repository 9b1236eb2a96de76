import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { checkFormats, runFormats } from "../../../bin/cli/formats/index.ts";

const read = (path: string) => readFileSync(new URL(`../../../${path}`, import.meta.url), "utf8");
const formats = Object.keys(runFormats);

/** Files of the folder that are not a format. */
const shared = ["columns.ts", "format.ts", "index.ts"];

test("every file of the folder is a listed format", () => {
  const files = readdirSync(new URL("../../../bin/cli/formats/", import.meta.url)).filter(
    (file) => !shared.includes(file),
  );
  const index = read("bin/cli/formats/index.ts");
  expect(files.length).toBeGreaterThan(4);
  expect(files.filter((file) => !index.includes(`"./${file}"`))).toEqual([]);
});

test.each(formats)("%s is described in docs/cli.md", (format) => {
  expect(read("docs/cli.md")).toMatch(new RegExp(`\\\`${format}\\\``));
});

test.each(formats)("%s has a test", (format) => {
  const tests = ["cli/formats.aws.test.ts", "cli/overview.test.ts", "run.cli.test.ts"].map((file) =>
    read(`test/bin/${file}`),
  );
  expect(tests.join("\n")).toMatch(new RegExp(`\\.${format}\\(|"${format}"`));
});

test("every format for files of evidence is one for runs, too", () => {
  expect(formats).toEqual(expect.arrayContaining(Object.keys(checkFormats)));
});
