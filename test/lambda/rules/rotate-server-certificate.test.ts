import { expect, test } from "vitest";
import { type NodeState, verdictsOn } from "../../node-state.ts";

const gate = (enabled: boolean) => ({ featureGates: { RotateKubeletServerCertificate: enabled } });

const rows: [title: string, state: NodeState, status: string][] = [
  ["the gate is on by default", { file: {} }, "passed"],
  ["the gate is on by default without a config file", {}, "passed"],
  ["the config file turns the gate on", { file: gate(true) }, "passed"],
  ["the config file turns the gate off", { file: gate(false) }, "failed"],
  ["a drop-in turns the gate off", { file: gate(true), dropIns: { "a.conf": gate(false) } }, "failed"],
  [
    "a flag turns the gate off",
    { file: gate(true), flags: ["--feature-gates=RotateKubeletServerCertificate=false"] },
    "failed",
  ],
  [
    "the last of two values in a flag counts",
    { flags: ["--feature-gates=RotateKubeletServerCertificate=false,RotateKubeletServerCertificate=true"] },
    "passed",
  ],
  ["AllBeta=false turns the gate off", { file: { featureGates: { AllBeta: false } } }, "failed"],
  [
    "the gate's own name overrides AllBeta",
    { file: { featureGates: { AllBeta: false, RotateKubeletServerCertificate: true } } },
    "passed",
  ],
];

test.each(rows)("%s", (_, state, status) => {
  const verdict = verdictsOn(state)["rotate-server-certificate"];
  expect(verdict).toMatchObject({ status, value: status === "passed" });
});

test("the sentence mentions that serverTLSBootstrap is false, because the gate alone renews nothing", () => {
  const alone = verdictsOn({ file: {} })["rotate-server-certificate"]?.because;
  const whole = verdictsOn({ file: { serverTLSBootstrap: true } })["rotate-server-certificate"]?.because;
  expect(alone).toContain("serverTLSBootstrap is false");
  expect(whole).not.toContain("serverTLSBootstrap");
});
