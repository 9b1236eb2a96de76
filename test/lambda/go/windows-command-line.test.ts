import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { splitCommandLine } from "../../../lambda/go/windows-command-line.ts";

const sample = (name: string) =>
  readFileSync(new URL(`../../../local-aws/nodes/windows/${name}`, import.meta.url), "utf8");

test("splits the sample node's command line into its arguments, empty ones included", () => {
  const argv = sample("cmdline.txt").replace(/\n$/, "").split("\n");
  expect(splitCommandLine(sample("commandline.txt").trim())).toEqual(argv);
});

test.each([
  ["blanks and tabs separate arguments", "a  b\tc ", ["a", "b", "c"]],
  [
    "quotes keep blanks and may occur inside a word",
    '--config="C:\\Program Files\\k.json" x',
    ["--config=C:\\Program Files\\k.json", "x"],
  ],
  ["an empty pair of quotes is an empty argument", 'kubelet --client-ca-file ""', ["kubelet", "--client-ca-file", ""]],
  ["a value in empty quotes is empty", '--client-ca-file=""', ["--client-ca-file="]],
  ["backslashes without a quote after them stay unchanged", "C:\\a\\\\b\\ c", ["C:\\a\\\\b\\", "c"]],
  ["two backslashes before a quote are one, and the quote closes", '"C:\\dir\\\\" next', ["C:\\dir\\", "next"]],
  ["a backslash before a quote makes it a character", '"C:\\dir\\" next"', ['C:\\dir" next']],
  ["three backslashes before a quote are one and a quote", 'a\\\\\\"b', ['a\\"b']],
  ["two quotes inside of quotes are one quote and close", '"a""b c" d', ['a"b', "c d"]],
  ["unclosed quotes end with the line", '"a b', ["a b"]],
  ["a blank line has no arguments", "  ", []],
])("%s", (_, line, argv) => {
  expect(splitCommandLine(line)).toEqual(argv);
});
