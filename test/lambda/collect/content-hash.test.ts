import { expect, test } from "vitest";
import { contentHash } from "../../../lambda/collect/content-hash.ts";

const content = { schemaVersion: "2.2", mainSteps: [{ name: "collect", inputs: { runCommand: ["exit 0"] } }] };

test.each<[string, unknown]>([
  ["keys in another order", { mainSteps: content.mainSteps, schemaVersion: "2.2" }],
  [
    "nested keys in another order",
    { schemaVersion: "2.2", mainSteps: [{ inputs: { runCommand: ["exit 0"] }, name: "collect" }] },
  ],
])("%s gives the same hash", (_, other) => {
  expect(contentHash(other)).toBe(contentHash(content));
});

test.each<[string, unknown]>([
  ["another script", { ...content, mainSteps: [{ name: "collect", inputs: { runCommand: ["exit 1"] } }] }],
  ["one more step", { ...content, mainSteps: [...content.mainSteps, ...content.mainSteps] }],
  ["lines in another order", { ...content, mainSteps: [{ name: "collect", inputs: { runCommand: ["", "exit 0"] } }] }],
  ["one more key", { ...content, parameters: {} }],
  [
    "an object instead of a list",
    { ...content, mainSteps: [{ name: "collect", inputs: { runCommand: { 0: "exit 0" } } }] },
  ],
  ["text that is not JSON", "exit 0"],
])("%s gives another hash", (_, other) => {
  expect(contentHash(other)).not.toBe(contentHash(content));
});
