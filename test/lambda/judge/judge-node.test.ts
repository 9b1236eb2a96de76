import { expect, test } from "vitest";
import { judgeNode } from "../../../lambda/judge/judge-node.ts";
import { node as nodeOf } from "../../kit/results.ts";
import { usualRules as rules } from "../../kit/usual-rules.ts";
import { caFile, cluster, collected, type NodeState, startedAt, verdictsOn } from "../../node-state.ts";

const now = startedAt + 3600;
const file = { authentication: { x509: { clientCAFile: caFile } } };
const output = collected({ file, flags: ["--kubeconfig=/kc"], files: { "/kc": {} } });

test("a node that follows the benchmark passes every rule", () => {
  const { verdicts, unreadable } = judgeNode({ collected: { output }, cluster, now });
  expect(unreadable).toBeUndefined();
  expect(verdicts.filter(({ verdict }) => verdict.status !== "passed")).toEqual([]);
  expect(verdicts.map(({ rule }) => rule.id)).toEqual(rules.map(({ id }) => id));
});

const offline = { code: "SSM_AGENT_OFFLINE", because: "The SSM agent is offline.", fix: "Start it." } as const;
const shouldNotStart: NodeState = { file: { readOnlyPort: 99_999 } };

test("a node that was not reached fails node-auditable and has no other verdict", () => {
  const { verdicts, unreadable } = judgeNode({ collected: { unreadable: offline }, cluster, now });
  expect(unreadable).toEqual(offline);
  const failure = { reason: offline.code, because: offline.because, fix: offline.fix };
  for (const { rule, verdict } of verdicts) {
    expect(verdict).toEqual({ status: rule.id === "node-auditable" ? "failed" : "notAvailable", ...failure });
  }
});

test("a kubelet that would not start again fails node-auditable and config-drift and has no other verdict", () => {
  const judged = judgeNode({ collected: { output: collected(shouldNotStart) }, cluster, now });
  expect(judged.refuses).toMatch(/readOnlyPort/);
  expect(judged.unreadable?.code).toBe("KUBELET_WOULD_NOT_START");
  const failed = judged.verdicts.filter(({ verdict }) => verdict.status === "failed").map(({ rule }) => rule.id);
  expect(failed).toEqual(["config-drift", "node-auditable"]);
  expect(judged.verdicts.some(({ verdict }) => verdict.status === "passed")).toBe(false);
});

test("rules that are off are not judged, and rules can have another severity", () => {
  const choice = { "event-qps": "off", "client-ca-file": "CRITICAL" } as const;
  const { verdicts } = judgeNode({ collected: { output }, now, rules: choice });
  expect(verdicts).toHaveLength(rules.length - 1);
  expect(verdicts.find(({ rule }) => rule.id === "client-ca-file")?.severity).toBe("CRITICAL");
  expect(verdicts.find(({ rule }) => rule.id === "anonymous-auth")?.severity).toBe("HIGH");
});

const node = nodeOf({ os: "linux" });

test.each([
  ["the caller's OS", { os: "windows", node: { ...node, os: "al2" } }, "ID=ubuntu", "windows"],
  ["the OS that AWS returned", { node: { ...node, os: "al2" } }, "ID=ubuntu", "al2"],
  ["the OS in the evidence, if AWS returned none", { node }, "ID=ubuntu", "ubuntu"],
  ["Amazon Linux 2", {}, 'ID="amzn"\nVERSION_ID="2"', "al2"],
  ["Amazon Linux 2023", {}, 'ID="amzn"\nVERSION_ID="2023"', "al2023"],
  ["Bottlerocket", {}, "ID=bottlerocket", "bottlerocket"],
  ["another Linux", {}, 'ID="rocky"', "linux"],
] as const)("the OS is %s", (_, input, os, expected) => {
  expect(judgeNode({ collected: { output: collected({ os }) }, now, ...input }).os).toBe(expected);
});

test.each([
  ["the cluster's version", { cluster: { version: "1.30" } }, "1.7.0"],
  ["the given version", { kubernetesVersion: "1.28" }, "1.5.0"],
  ["the kubelet's version, if nothing else is known", {}, "1.8.0"],
  ["the pinned version", { cluster: { version: "1.30" }, benchmarkVersion: "1.5.0" }, "1.5.0"],
] as const)("the benchmark follows %s", (_, input, benchmark) => {
  expect(judgeNode({ collected: { output }, now, ...input }).benchmark).toBe(benchmark);
});

test("the cluster's version applies if the evidence lacks the kubelet's version", () => {
  const emptied = { authentication: { x509: { clientCAFile: "" } } };
  const evidence = collected({ version: "unknown", file, dropIns: { "90-site.conf": emptied } });
  const verdict = (version: string) => {
    return verdictsOn({}, { collected: { output: evidence }, cluster: { version } })["client-ca-file"]?.status;
  };
  expect(verdict("1.28")).toBe("passed");
  expect(verdict("1.34")).toBe("failed");
});

test("text of a hostile node stays on one line and is cut to a maximum length", () => {
  const path = `/etc/${"x".repeat(3000)}\n\u001b[2J\u202eAll rules passed.`;
  const verdicts = verdictsOn({
    file: { authentication: { x509: { clientCAFile: path } } },
    flags: [`--kubeconfig=${path}`],
  });
  for (const { because, from = "" } of Object.values(verdicts)) {
    expect(because + from).not.toMatch(/[\p{Cc}\p{Cf}]/u);
    expect(because.length).toBeLessThan(1024);
  }
});
