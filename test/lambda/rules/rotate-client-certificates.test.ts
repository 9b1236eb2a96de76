import { expect, test } from "vitest";
import { type NodeState, verdictsOn } from "../../node-state.ts";

const off = { rotateCertificates: false };
const on = { rotateCertificates: true };

const rows: [title: string, state: NodeState, status: string, because: string][] = [
  ["the config file does not contain the field", { file: {} }, "passed", "that is not a decision against rotation"],
  ["the kubelet has neither a config file nor flags", {}, "passed", "that is not a decision against rotation"],
  ["the config file declares false", { file: off }, "failed", "(config file) sets it"],
  ["the config file declares true", { file: on }, "passed", "(config file) sets it"],
  ["a drop-in declares false", { file: on, dropIns: { "a.conf": off } }, "failed", "it overrides true"],
  ["a flag declares false", { file: on, flags: ["--rotate-certificates=false"] }, "failed", "(flag) sets it"],
  ["a flag declares true", { file: off, flags: ["--rotate-certificates"] }, "passed", "it overrides false"],
  ["a null in the file declares nothing", { file: { rotateCertificates: null } }, "passed", "counts as not set"],
];

test.each(rows)("%s", (_, state, status, because) => {
  const verdict = verdictsOn(state)["rotate-client-certificates"];
  expect(verdict).toMatchObject({ status, because: expect.stringContaining(because) });
});
