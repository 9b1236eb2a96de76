import { expect, test } from "vitest";
import { documentContent } from "../../lib/collect-content.ts";

const step = { name: "collect", action: "aws:runShellScript", platform: "Linux", script: "linux", text: "exit 0" };

test.each([
  ["empty", "\n", "lib/collect/linux is empty"],
  ["with what SSM takes for a parameter", "echo {{ name }}", 'contains "{{"'],
  ["larger than SSM takes", "#".repeat(64 * 1024), "SSM takes 65536"],
  ["larger than SSM takes only once it is JSON", '"'.repeat(40 * 1024), "SSM takes 65536"],
])("a script that is %s does not get into a document", (_, text, message) => {
  expect(() => documentContent([{ ...step, text }])).toThrow(message);
});

test("each script is a step of its own, for its own platform", () => {
  const windows = { ...step, name: "collectWindows", action: "aws:runPowerShellScript", platform: "Windows" };
  const { mainSteps } = documentContent([step, windows]);
  expect(mainSteps.map(({ name, precondition }) => [name, ...precondition.StringEquals])).toEqual([
    ["collect", "platformType", "Linux"],
    ["collectWindows", "platformType", "Windows"],
  ]);
});
