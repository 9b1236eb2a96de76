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
  [
    "two backslashes before a quote become one backslash, and the quote ends the quoted part",
    '"C:\\dir\\\\" next',
    ["C:\\dir\\", "next"],
  ],
  ["a backslash and a quote become a quote character", '"C:\\dir\\" next"', ['C:\\dir" next']],
  ["three backslashes and a quote become a backslash and a quote character", 'a\\\\\\"b', ['a\\"b']],
  ["two quotes in a quoted part become a quote character and end the part", '"a""b c" d', ['a"b', "c d"]],
  ["unclosed quotes end with the line", '"a b', ["a b"]],
  ["a blank line has no arguments", "  ", []],
])("%s", (_, line, argv) => {
  expect(splitCommandLine(line)).toEqual(argv);
});
