import { expect, test } from "vitest";
import { type NodeState, verdictsOn } from "../../node-state.ts";

const on = { enableSystemLogQuery: true };
const gated = { ...on, featureGates: { NodeLogQuery: true } };

const rows: [title: string, state: NodeState, status: string, because: string][] = [
  ["the config file does not contain the field", { file: {} }, "passed", "nothing sets it"],
  ["the kubelet has neither a config file nor flags", {}, "passed", "nothing sets it"],
  ["the config file sets the field, with its gate", { file: gated }, "failed", "(config file) sets it"],
  [
    "the config file sets the field, and 1.36 turns the gate on by default",
    { version: "1.36", file: on },
    "failed",
    "(config file) sets it",
  ],
  ["a drop-in sets the field", { file: {}, dropIns: { "a.conf": gated } }, "failed", "a.conf (drop-in) sets it"],
  [
    "a drop-in turns the field off",
    { file: gated, dropIns: { "a.conf": { enableSystemLogQuery: false } } },
    "passed",
    "a.conf",
  ],
  ["a kubelet without the gate would not start", { version: "1.34", file: on }, "notAvailable", "would not start"],
];

test.each(rows)("%s", (_, state, status, because) => {
  expect(verdictsOn(state)["system-log-query"]).toMatchObject({ status, because: expect.stringContaining(because) });
});
