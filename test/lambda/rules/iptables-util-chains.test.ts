import { expect, test } from "vitest";
import { type NodeState, verdictsOn } from "../../node-state.ts";

const rows: [title: string, state: NodeState, status: string][] = [
  ["the config file does not contain the field", { file: {} }, "passed"],
  ["the kubelet has neither a config file nor flags", {}, "passed"],
  ["the config file turns the field off", { file: { makeIPTablesUtilChains: false } }, "failed"],
  ["a drop-in turns the field off", { file: {}, dropIns: { "a.conf": { makeIPTablesUtilChains: false } } }, "failed"],
  ["a flag turns the field off", { flags: ["--make-iptables-util-chains=false"] }, "failed"],
  [
    "a flag overrides the file",
    { file: { makeIPTablesUtilChains: false }, flags: ["--make-iptables-util-chains"] },
    "passed",
  ],
];

test.each(rows)("%s", (_, state, status) => {
  expect(verdictsOn(state)["iptables-util-chains"]).toMatchObject({ status, value: status === "passed" });
});

test("the rule does not apply to Windows", () => {
  const verdict = verdictsOn({ file: { makeIPTablesUtilChains: false } }, { os: "windows" })["iptables-util-chains"];
  expect(verdict).toMatchObject({ status: "notAvailable", reason: "NOT_APPLICABLE" });
});
