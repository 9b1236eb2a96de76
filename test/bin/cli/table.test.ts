import { expect, test } from "vitest";
import { clip, plainScreen } from "../../../bin/cli/screen.ts";
import { table } from "../../../bin/cli/table.ts";

const rows = [
  [
    "authentication.x509.clientCAFile",
    '"/etc/kubernetes/pki/ca.crt"',
    "/etc/kubernetes/kubelet/config.json.d/90-site.conf\nover another",
  ],
  ["featureEnabled.RotateKubeletServerCertificate", `"${"x".repeat(120)}"`, "the kubelet's default"],
];
const head = ["setting", "value", "origin"];

test.each([40, 80, 100, 120, 200])("no line is longer than a screen of %i columns, and no cell is lost", (width) => {
  const text = table(head, rows, { ...plainScreen, width });
  expect(text.split("\n").filter((line) => line.length > width)).toEqual([]);
  const together = (words: string) => words.replaceAll(/\s+/g, "");
  for (const cell of rows.flat().map(together)) expect(together(text)).toContain(cell.slice(0, 20));
});

test("the output to a pipe has one line per row, without trailing blanks", () => {
  expect(
    table(
      ["a", "b"],
      [
        ["1", "two words"],
        ["22", "x"],
      ],
      plainScreen,
    ),
  ).toBe("a   b\n1   two words\n22  x");
});

test.each([
  ["short", 10, "short"],
  ["exactly ten", 11, "exactly ten"],
  ["one too many", 11, "one too ma…"],
  ["日本語のノード", 10, "日本語の…"],
])("clips %j to %i columns: %j", (text, width, clipped) => {
  expect(clip(text, width)).toBe(clipped);
});
