import { expect, test } from "vitest";
import { verdictsOn } from "../../node-state.ts";

test("a node whose kubelet was read passes, and the sentence names version and process", () => {
  expect(verdictsOn({ file: {} })["node-auditable"]).toEqual({
    status: "passed",
    because:
      "The kubelet of Kubernetes 1.34 (kubelet --version) was read; it runs as process 1234 since 2026-12-01T12:00:00Z.",
    value: "1.34",
    from: "kubelet --version",
  });
});

test("with several kubelets the sentence names the chosen one and the reason", () => {
  const other = (pid: string, ...more: [string, string][]): [string, string][] => [
    ["process", pid],
    ["argv", "/usr/bin/kubelet\0"],
    ["uid", "0"],
    ["namespaces", "host"],
    ["version", "Kubernetes v1.34.2"],
    ...more,
  ];
  const processes = [...other("7"), ...other("8", ["unit", "kubelet.service"])];
  expect(verdictsOn({ processes })["node-auditable"]).toMatchObject({
    status: "passed",
    because: expect.stringContaining("runs as process 8 in kubelet.service, and so was preferred to process 7."),
  });
});

test("the sentence contains the remark on a kubelet of an unknown minor version", () => {
  const file = { kubeReserved: { gpu: "1" } };
  expect(verdictsOn({ version: "1.38", file })["node-auditable"]).toMatchObject({
    status: "passed",
    because: expect.stringMatching(
      /Note: judged as 1\.37 \(the tables of this auditor do not contain 1\.38\) and may stop the kubelet after its start: kubeReserved: gpu/,
    ),
    value: "1.38",
  });
});

const offline = { code: "SSM_AGENT_OFFLINE", because: "The SSM agent is offline.", fix: "Start it." } as const;

test.each([
  ["the node was not reached", {}, { collected: { unreadable: offline } }, "SSM_AGENT_OFFLINE"],
  ["the node sent nothing", {}, { collected: { output: "" } }, "EVIDENCE_MISSING"],
  ["no kubelet runs", { processes: [] }, {}, "NO_KUBELET"],
  [
    "the kubelet has a flag of a later release",
    { version: "1.99", flags: ["--later=1"] },
    {},
    "UNSUPPORTED_KUBERNETES_VERSION",
  ],
  ["the kubelet would not start again", { file: "{" }, {}, "KUBELET_WOULD_NOT_START"],
] as const)("the rule fails with the node's reason and fix when %s", (_, state, input, reason) => {
  const { "node-auditable": verdict, ...others } = verdictsOn(state, input);
  expect(verdict).toMatchObject({ status: "failed", reason, fix: expect.stringMatching(/\.$/) });
  const passed = Object.values(others).filter(({ status }) => status === "passed");
  expect(passed).toEqual([]);
});
