import { expect, test } from "vitest";
import { type NodeState, verdictsOn } from "../../node-state.ts";

const rows: [title: string, state: NodeState, status: string, because: string][] = [
  ["the config file does not contain the minimum", { file: {} }, "passed", "the minimum is then TLS 1.2"],
  ["the kubelet has neither a config file nor flags", {}, "passed", "the minimum is then TLS 1.2"],
  ["the config file sets 1.0", { file: { tlsMinVersion: "VersionTLS10" } }, "failed", "VersionTLS10"],
  ["the config file sets 1.1", { file: { tlsMinVersion: "VersionTLS11" } }, "failed", "VersionTLS11"],
  ["the config file sets 1.3", { file: { tlsMinVersion: "VersionTLS13" } }, "passed", "VersionTLS13"],
  ["a flag lowers the minimum", { file: {}, flags: ["--tls-min-version=VersionTLS10"] }, "failed", "(flag) sets it"],
  [
    "a drop-in lowers the minimum",
    { file: { tlsMinVersion: "VersionTLS12" }, dropIns: { "a.conf": { tlsMinVersion: "VersionTLS11" } } },
    "failed",
    "a.conf (drop-in) sets it",
  ],
];

test.each(rows)("%s", (_, state, status, because) => {
  expect(verdictsOn(state)["tls-min-version"]).toMatchObject({ status, because: expect.stringContaining(because) });
});
