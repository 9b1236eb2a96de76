import { expect, test } from "vitest";
import { judgeNode } from "../../../lambda/judge/judge-node.ts";
import type { Change } from "../../../local-aws/node-tree.ts";
import describeCluster from "../../../local-aws/nodes/aws/describe-cluster.json" with { type: "json" };
import { windowsOutput } from "../../../local-aws/windows-node.ts";
import { output } from "../evidence/evidence-by-hand.ts";

const certificateAuthority = describeCluster.cluster.certificateAuthority.data;
const config = String.raw`C:\ProgramData\kubernetes\kubelet-config.json`;
const kubelet = String.raw`"C:\Program Files\kubernetes\kubelet.exe"`;
const windowsOwnFlags = '--cgroups-per-qos=false --enforce-node-allocatable=""';
const header = { kind: "KubeletConfiguration", apiVersion: "kubelet.config.k8s.io/v1beta1" };

function judgeText(text: string) {
  return judgeNode({ collected: { output: text }, cluster: { certificateAuthority }, now: Date.now() / 1000 });
}

function verdictOf(change: Change, rule: string) {
  const { verdicts, unreadable } = judgeText(windowsOutput(change));
  expect(unreadable).toBeUndefined();
  return verdicts.find((one) => one.rule.id === rule)?.verdict;
}

test("a stock node keeps every rule that applies to Windows", () => {
  const { os, verdicts } = judgeText(windowsOutput());
  const told = Object.fromEntries(verdicts.map(({ rule, verdict }) => [rule.id, verdict.reason ?? verdict.status]));
  expect(os).toBe("windows");
  expect(told).toMatchObject({
    "kubeconfig-mode": "NOT_APPLICABLE",
    "kubeconfig-owner": "NOT_APPLICABLE",
    "kubelet-config-mode": "NOT_APPLICABLE",
    "kubelet-config-owner": "NOT_APPLICABLE",
    "anonymous-auth": "passed",
    "authorization-mode": "passed",
    "client-ca-file": "passed",
    "read-only-port": "passed",
    "streaming-idle-timeout": "passed",
    "iptables-util-chains": "NOT_APPLICABLE",
    "event-qps": "passed",
    "rotate-client-certificates": "passed",
    "rotate-server-certificate": "passed",
    "client-ca-trust": "passed",
    "config-drift": "passed",
    "node-auditable": "passed",
  });
});

const withConfig = (fields: object) => ({ files: { [config]: JSON.stringify({ ...header, ...fields }) } });
const clientCAFile = (path: string) => withConfig({ authentication: { x509: { clientCAFile: path } } });

test.each<[title: string, change: Change, rule: string, status: string, told: string]>([
  [
    "an empty value in quotes turns the client CA off",
    { commandLine: `${kubelet} --config="${config}" ${windowsOwnFlags} --client-ca-file=""` },
    "client-ca-file",
    "failed",
    "--client-ca-file= (flag) empties it",
  ],
  [
    "no config file means the old defaults",
    { commandLine: `${kubelet} ${windowsOwnFlags} --kubeconfig="C:\\k"` },
    "anonymous-auth",
    "failed",
    "default without a config file",
  ],
  [
    "cgroups need no word on Windows",
    { commandLine: `${kubelet} --config="${config}" --cgroups-per-qos=false` },
    "client-ca-file",
    "passed",
    "cluster_ca.crt",
  ],
  [
    "a service of its own is a flag that only Windows has",
    { commandLine: `${kubelet} --windows-service --config="${config}" ${windowsOwnFlags}` },
    "client-ca-file",
    "passed",
    "cluster_ca.crt",
  ],
  [
    "upper and lower case, and slashes, name the same file",
    { commandLine: `${kubelet} --config="c:/PROGRAMDATA/kubernetes/Kubelet-Config.json" ${windowsOwnFlags}` },
    "client-ca-trust",
    "passed",
    "the cluster's own CA alone",
  ],
  [
    "a path without a drive is meant from the directory of the config file",
    clientCAFile("..\\Amazon\\EKS\\cluster_ca.crt"),
    "client-ca-trust",
    "passed",
    "the cluster's own CA alone",
  ],
  [
    "a config file that changed after the start is drift",
    { startedAt: 1_700_000_000, modified: { [config]: 1_700_000_100 } },
    "config-drift",
    "failed",
    "kubelet-config.json changed at 2023-11-14",
  ],
])("%s", (_, change, rule, status, told) => {
  const verdict = verdictOf(change, rule);
  expect(verdict).toMatchObject({ status });
  expect(verdict?.because).toContain(told);
});

const records = {
  os: ["os", "ID=windows"],
  system: ["owner", "S-1-5-18"],
  line: ["command-line", `${kubelet} ${windowsOwnFlags}`],
} as const;

test.each<[title: string, code: string, text: string]>([
  [
    "a container's kubelet.exe is not taken for the node's",
    "NO_KUBELET",
    output(records.os, ["process", "9"], ["owner", "S-1-5-93-2-1"]),
  ],
  [
    "several of LocalSystem are not guessed among",
    "SEVERAL_KUBELETS",
    output(records.os, ["process", "9"], records.system, records.line, ["process", "10"], records.system, records.line),
  ],
  [
    "a command line that stayed on the node is incomplete evidence",
    "EVIDENCE_INCOMPLETE",
    output(records.os, ["process", "9"], records.system),
  ],
  [
    "an owner that is none is altered evidence",
    "EVIDENCE_ALTERED",
    output(records.os, ["process", "9"], ["owner", "root"]),
  ],
  [
    "a path that Windows does not have is altered evidence",
    "EVIDENCE_ALTERED",
    output(records.os, ["file", "/etc/passwd"], ["kind", "file"]),
  ],
  [
    "a relative path is incomplete evidence",
    "EVIDENCE_INCOMPLETE",
    output(records.os, ["process", "9"], records.system, [
      "command-line",
      `${kubelet} --config=kubelet.json ${windowsOwnFlags}`,
    ]),
  ],
])("%s", (_, code, text) => {
  const { unreadable, verdicts } = judgeText(text);
  expect(unreadable?.code).toBe(code);
  expect(verdicts.filter(({ verdict }) => verdict.status === "passed")).toEqual([]);
});
