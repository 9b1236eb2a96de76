import { expect, test } from "vitest";
import { documentContent } from "../../lib/collect-content.ts";

const step = { name: "collect", action: "aws:runShellScript", platform: "Linux", script: "linux", text: "exit 0" };

test.each([
  ["empty", "\n", "lib/collect/linux is empty"],
  ["with the syntax of an SSM parameter", "echo {{ name }}", 'contains "{{"'],
  ["larger than SSM's limit", "#".repeat(64 * 1024), "SSM accepts 65536"],
  ["larger than SSM's limit only as JSON", '"'.repeat(40 * 1024), "SSM accepts 65536"],
])("a script that is %s throws a DocumentError", (_, text, message) => {
  expect(() => documentContent([{ ...step, text }])).toThrow(message);
});

test("each script is a separate step for its platform", () => {
  const windows = { ...step, name: "collectWindows", action: "aws:runPowerShellScript", platform: "Windows" };
  const { mainSteps } = documentContent([step, windows]);
  expect(mainSteps.map(({ name, precondition }) => [name, ...precondition.StringEquals])).toEqual([
    ["collect", "platformType", "Linux"],
    ["collectWindows", "platformType", "Windows"],
  ]);
});
