import { expect, test } from "vitest";
import { contentHash } from "../../../lambda/collect/content-hash.ts";

const content = { schemaVersion: "2.2", mainSteps: [{ name: "collect", inputs: { runCommand: ["exit 0"] } }] };

test.each<[string, unknown]>([
  ["keys in another order", { mainSteps: content.mainSteps, schemaVersion: "2.2" }],
  [
    "keys in another order, further down",
    { schemaVersion: "2.2", mainSteps: [{ inputs: { runCommand: ["exit 0"] }, name: "collect" }] },
  ],
])("%s: the same hash", (_, other) => {
  expect(contentHash(other)).toBe(contentHash(content));
});

test.each<[string, unknown]>([
  ["another script", { ...content, mainSteps: [{ name: "collect", inputs: { runCommand: ["exit 1"] } }] }],
  ["one more step", { ...content, mainSteps: [...content.mainSteps, ...content.mainSteps] }],
  ["lines in another order", { ...content, mainSteps: [{ name: "collect", inputs: { runCommand: ["", "exit 0"] } }] }],
  ["one more key", { ...content, parameters: {} }],
  ["a list for an object", { ...content, mainSteps: [{ name: "collect", inputs: { runCommand: { 0: "exit 0" } } }] }],
  ["text that is no JSON", "exit 0"],
])("%s: another hash", (_, other) => {
  expect(contentHash(other)).not.toBe(contentHash(content));
});
