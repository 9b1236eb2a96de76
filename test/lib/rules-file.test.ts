import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { readRulesFile } from "../../lib/rules-file.ts";

const folder = mkdtempSync(join(tmpdir(), "rules-"));
afterAll(() => rmSync(folder, { recursive: true }));

function read(yaml: string) {
  const file = join(folder, "rules.yaml");
  writeFileSync(file, yaml);
  return readRulesFile(file);
}

const rest = "  title: t\n  severity: LOW\n  remediation: r\n";

test("readRulesFile returns the rules of a valid file", () => {
  expect(read(`- id: max-pods\n  passes: kubelet.maxPods <= 58\n${rest}`)).toMatchObject([{ id: "max-pods" }]);
});

test.each(["utf8", "utf16le"] as const)(
  "readRulesFile reads a file with CRLF and a byte order mark: %s",
  (encoding) => {
    const yaml = `\ufeff- id: max-pods\n  passes: kubelet.maxPods <= 58\n${rest}`.replaceAll("\n", "\r\n");
    writeFileSync(join(folder, "windows.yaml"), Buffer.from(yaml, encoding));
    expect(readRulesFile(join(folder, "windows.yaml"))).toMatchObject([{ id: "max-pods", remediation: "r" }]);
  },
);

test("the rules file of this repository is valid", () => {
  expect(readRulesFile("rules.yaml")).toEqual([]);
});

test("the error about a missing file contains its path", () => {
  expect(() => readRulesFile("none.yaml")).toThrow(
    /^none\.yaml cannot be used:\n {2}There is no file "none\.yaml" \(.*\)\. Check the path\./,
  );
});

test("the error contains each mistake in an expression, with its line and a suggestion", () => {
  const yaml = `# comment
- id: one
  passes: kubelet.maxPodz <= 58
${rest}- id: two
  passes: |
    kubelet.maxPods <= 58
    && kubelet.eventRecordQPS == "50"
  because: "maxPods is {kubelet.maxPod}"
${rest}- id: three
  passes: kubelet.maxPods
${rest}`;
  let message = "";
  try {
    read(yaml);
  } catch (error) {
    message = String(error);
  }
  expect(message.split("\n").slice(1, 6)).toEqual([
    '  line 3, rule 1 (one), passes: kubelet has no field "maxPodz"; did you mean kubelet.maxPods?',
    '  line 10, rule 2 (two), passes: kubelet.eventRecordQPS is of type int and "50" of type string, so "==" cannot be applied; write 50 without quotes',
    '  line 11, rule 2 (two), because: kubelet has no field "maxPod"; did you mean kubelet.maxPods?',
    "  line 16, rule 3 (three), passes: the result has the type int; compare it with something, so that it is a bool",
    "",
  ]);
});
