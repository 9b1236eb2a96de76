import { expect, test } from "vitest";
import { type NodeState, verdictsOn } from "../../node-state.ts";

const rows: [title: string, state: NodeState, status: string, value: number][] = [
  ["the config file does not contain a limit", { file: {} }, "failed", -1],
  ["the kubelet has neither a config file nor flags", {}, "failed", -1],
  ["the config file sets a limit", { file: { podPidsLimit: 4096 } }, "passed", 4096],
  ["the config file sets no limit", { file: { podPidsLimit: -1 } }, "failed", -1],
  ["another negative number counts as -1", { file: { podPidsLimit: -5 } }, "failed", -1],
  ["zero also means no limit", { file: { podPidsLimit: 0 } }, "failed", 0],
  ["the flag sets a limit", { flags: ["--pod-max-pids=1048576"] }, "passed", 1_048_576],
  ["a flag removes the limit", { file: { podPidsLimit: 100 }, flags: ["--pod-max-pids=-1"] }, "failed", -1],
  [
    "a drop-in sets the limit",
    { file: { podPidsLimit: -1 }, dropIns: { "a.conf": { podPidsLimit: 100 } } },
    "passed",
    100,
  ],
];

test.each(rows)("%s", (_, state, status, value) => {
  expect(verdictsOn(state)["pod-pids-limit"]).toMatchObject({
    status,
    value,
    because: expect.stringContaining(`podPidsLimit is ${value} because`),
  });
});

test("does not apply to Windows", () => {
  const verdict = verdictsOn({ file: {} }, { os: "windows" })["pod-pids-limit"];
  expect(verdict).toMatchObject({ status: "notAvailable", reason: "NOT_APPLICABLE" });
});
