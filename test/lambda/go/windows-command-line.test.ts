import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { splitCommandLine } from "../../../lambda/go/windows-command-line.ts";

const sample = (name: string) =>
  readFileSync(new URL(`../../../local-aws/nodes/windows/${name}`, import.meta.url), "utf8");

test("the sample node's command line gives the sample node's arguments, the empty ones too", () => {
  const argv = sample("cmdline.txt").replace(/\n$/, "").split("\n");
  expect(splitCommandLine(sample("commandline.txt").trim())).toEqual(argv);
});

test.each([
  ["blanks and tabs separate", "a  b\tc ", ["a", "b", "c"]],
  [
    "quotes keep blanks and may stand inside a word",
    '--config="C:\\Program Files\\k.json" x',
    ["--config=C:\\Program Files\\k.json", "x"],
  ],
  ["an empty pair of quotes is an empty argument", 'kubelet --client-ca-file ""', ["kubelet", "--client-ca-file", ""]],
  ["a value in empty quotes is empty", '--client-ca-file=""', ["--client-ca-file="]],
  ["backslashes that no quote follows are themselves", "C:\\a\\\\b\\ c", ["C:\\a\\\\b\\", "c"]],
  ["two backslashes before a quote are one, and the quote closes", '"C:\\dir\\\\" next', ["C:\\dir\\", "next"]],
  ["a backslash before a quote makes it a character", '"C:\\dir\\" next"', ['C:\\dir" next']],
  ["three backslashes before a quote are one and a quote", 'a\\\\\\"b', ['a\\"b']],
  ["two quotes inside of quotes are one, and close", '"a""b c" d', ['a"b', "c d"]],
  ["quotes that nobody closes end with the line", '"a b', ["a b"]],
  ["nothing is no argument", "  ", []],
])("%s", (_, line, argv) => {
  expect(splitCommandLine(line)).toEqual(argv);
});
