import { expect, test } from "vitest";
import { type NodeState, verdictsOn } from "../../node-state.ts";

const rows: [title: string, state: NodeState, status: string, value: number][] = [
  ["a config file without the setting closes the port", { file: {} }, "passed", 0],
  ["a kubelet without a config file serves the port", {}, "failed", 10255],
  ["the config file opens the port", { file: { readOnlyPort: 10255 } }, "failed", 10255],
  [
    "a drop-in opens another port",
    { file: { readOnlyPort: 0 }, dropIns: { "a.conf": { readOnlyPort: 1 } } },
    "failed",
    1,
  ],
  ["a flag closes the port", { flags: ["--read-only-port=0"] }, "passed", 0],
  ["a flag in hexadecimal closes the port", { flags: ["--read-only-port=0x0"] }, "passed", 0],
  ["a flag in octal opens the port", { file: {}, flags: ["--read-only-port=010"] }, "failed", 8],
];

test.each(rows)("%s", (_, state, status, value) => {
  const verdict = verdictsOn(state)["read-only-port"];
  expect(verdict).toMatchObject({
    status,
    value,
    because: expect.stringContaining(`readOnlyPort is ${value} because`),
  });
});
