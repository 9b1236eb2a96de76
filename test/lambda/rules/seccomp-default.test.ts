import { expect, test } from "vitest";
import { type NodeState, verdictsOn } from "../../node-state.ts";

const on = { seccompDefault: true };
const off = { seccompDefault: false };

const rows: [title: string, state: NodeState, status: string, because: string][] = [
  ["the config file does not contain the field", { file: {} }, "failed", "nothing sets it"],
  ["the kubelet has neither a config file nor flags", {}, "failed", "nothing sets it"],
  ["the config file sets the field", { file: on }, "passed", "(config file) sets it"],
  ["the flag sets the field", { file: {}, flags: ["--seccomp-default"] }, "passed", "--seccomp-default (flag) sets it"],
  [
    "the flag sets the field over a false in the file",
    { file: off, flags: ["--seccomp-default=true"] },
    "passed",
    "overrides false",
  ],
  [
    "a false flag does not override a true in the file",
    { file: on, flags: ["--seccomp-default=false"] },
    "passed",
    "(config file)",
  ],
  [
    "the last flag counts",
    { file: {}, flags: ["--seccomp-default", "--seccomp-default=0"] },
    "failed",
    "nothing sets it",
  ],
  ["a drop-in turns the field off", { file: on, dropIns: { "a.conf": off } }, "failed", "a.conf (drop-in) sets it"],
];

test.each(rows)("%s", (_, state, status, because) => {
  expect(verdictsOn(state)["seccomp-default"]).toMatchObject({ status, because: expect.stringContaining(because) });
});

test("does not apply to Windows", () => {
  const verdict = verdictsOn({ file: {} }, { os: "windows" })["seccomp-default"];
  expect(verdict).toMatchObject({ status: "notAvailable", reason: "NOT_APPLICABLE" });
});
