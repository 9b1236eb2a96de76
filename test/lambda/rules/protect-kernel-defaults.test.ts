import { expect, test } from "vitest";
import { type NodeState, verdictsOn } from "../../node-state.ts";

const on = { protectKernelDefaults: true };
const off = { protectKernelDefaults: false };

const rows: [title: string, state: NodeState, status: string, because: string][] = [
  ["the config file does not contain the field", { file: {} }, "failed", "nothing sets it"],
  ["the kubelet has neither a config file nor flags", {}, "failed", "nothing sets it"],
  ["the config file sets the field", { file: on }, "passed", "(config file) sets it"],
  ["the flag sets the field", { flags: ["--protect-kernel-defaults"] }, "passed", "(flag) sets it"],
  ["a drop-in turns the field off", { file: on, dropIns: { "a.conf": off } }, "failed", "a.conf (drop-in) sets it"],
  [
    "a false in a drop-in on 1.28 does nothing",
    { version: "1.28", file: on, dropIns: { "a.conf": off } },
    "passed",
    "(config file) sets it",
  ],
  ["a flag overrides the file", { file: on, flags: ["--protect-kernel-defaults=false"] }, "failed", "overrides true"],
];

test.each(rows)("%s", (_, state, status, because) => {
  expect(verdictsOn(state)["protect-kernel-defaults"]).toMatchObject({
    status,
    because: expect.stringContaining(because),
  });
});

test("the reason of a failure names the kernel parameters without which a protected kubelet does not start", () => {
  expect(verdictsOn({ file: {} })["protect-kernel-defaults"]?.because).toMatch(/vm\.panic_on_oom=0.*kernel\.panic=10/);
});

test("does not apply to Windows", () => {
  const verdict = verdictsOn({ file: {} }, { os: "windows" })["protect-kernel-defaults"];
  expect(verdict).toMatchObject({ status: "notAvailable", reason: "NOT_APPLICABLE" });
});
