import { gunzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { judgeNode } from "../../../lambda/judge/judge-node.ts";
import describeCluster from "../../../local-aws/nodes/aws/describe-cluster.json" with { type: "json" };
import { windowsEvidence } from "../../../local-aws/planted-trees.ts";
import { output } from "../evidence/evidence-by-hand.ts";

const certificateAuthority = describeCluster.cluster.certificateAuthority.data;
const config = String.raw`C:\ProgramData\kubernetes\kubelet-config.json`;
const kubelet = String.raw`"C:\Program Files\kubernetes\kubelet.exe" --kubeconfig=C:\ProgramData\kubernetes\kubeconfig`;
const windowsOwnFlags = '--cgroups-per-qos=false --enforce-node-allocatable=""';
const header = { kind: "KubeletConfiguration", apiVersion: "kubelet.config.k8s.io/v1beta1" };

function judgeText(text: string) {
  return judgeNode({ collected: { output: text }, cluster: { certificateAuthority }, now: Date.now() / 1000 });
}

/** Changes to the recorded evidence. */
interface Change {
  commandLine?: string;
  /** Content of the config file. */
  config?: string;
  /** Modification time of the config file, epoch seconds. */
  configModified?: number;
}

/** The records of the recorded evidence: "NAME BYTES\n", the value, "\n". */
function recorded(): [name: string, value: string][] {
  const [, base64 = ""] = /BEGIN\n(.*)\nEND/.exec(windowsEvidence) ?? [];
  let rest = gunzipSync(Buffer.from(base64, "base64")).toString("latin1");
  const records: [string, string][] = [];
  for (let head = /^(\S+) (\d+)\n/.exec(rest); head; head = /^(\S+) (\d+)\n/.exec(rest)) {
    const [whole, name = "", size] = head;
    const end = whole.length + Number(size);
    if (name !== "end") records.push([name, rest.slice(whole.length, end)]);
    rest = rest.slice(end + 1);
  }
  return records;
}

function changed({ commandLine, config: content, configModified }: Change): string {
  let file = "";
  const records = recorded().map(([name, value]) => {
    if (name === "file") file = value;
    if (name === "command-line") return [name, commandLine ?? value] as const;
    if (name === "content" && file === config) return [name, content ?? value] as const;
    if (name === "modified" && file === config && configModified !== undefined)
      return [name, value.replace(/^\d+/, String(configModified))] as const;
    return [name, value] as const;
  });
  return output(...records);
}

function verdictOf(change: Change, rule: string) {
  const { verdicts, unreadable } = judgeText(changed(change));
  expect(unreadable).toBeUndefined();
  return verdicts.find((one) => one.rule.id === rule)?.verdict;
}

test("a stock node passes every rule that applies to Windows, except config-drift for want of change times", () => {
  const { os, verdicts } = judgeText(windowsEvidence);
  const outcomes = Object.fromEntries(verdicts.map(({ rule, verdict }) => [rule.id, verdict.reason ?? verdict.status]));
  expect(os).toBe("windows");
  expect(Object.values(outcomes).filter((outcome) => !["passed", "NOT_APPLICABLE"].includes(outcome))).toEqual([]);
  expect(outcomes).toMatchObject({
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
    "config-drift": "NOT_APPLICABLE",
    "node-auditable": "passed",
  });
});

const clientCAFile = (path: string) => ({
  config: JSON.stringify({ ...header, authentication: { x509: { clientCAFile: path } } }),
});

test.each<[title: string, change: Change, rule: string, status: string, because: string]>([
  [
    "an empty quoted flag removes the client CA",
    { commandLine: `${kubelet} --config="${config}" ${windowsOwnFlags} --client-ca-file=""` },
    "client-ca-file",
    "failed",
    "--client-ca-file= (flag) empties it",
  ],
  [
    "a kubelet without a config file has the legacy defaults",
    { commandLine: `${kubelet} ${windowsOwnFlags}` },
    "anonymous-auth",
    "failed",
    "default without a config file",
  ],
  [
    "--cgroups-per-qos=false needs no other cgroup flag on Windows",
    { commandLine: `${kubelet} --config="${config}" --cgroups-per-qos=false` },
    "client-ca-file",
    "passed",
    "cluster_ca.crt",
  ],
  [
    "the Windows flag --windows-service is accepted",
    { commandLine: `${kubelet} --windows-service --config="${config}" ${windowsOwnFlags}` },
    "client-ca-file",
    "passed",
    "cluster_ca.crt",
  ],
  [
    "paths ignore letter case and the kind of slash",
    { commandLine: `${kubelet} --config="c:/PROGRAMDATA/kubernetes/Kubelet-Config.json" ${windowsOwnFlags}` },
    "client-ca-trust",
    "passed",
    "the cluster's own CA alone",
  ],
  [
    "a relative path starts at the directory of the config file",
    clientCAFile("..\\Amazon\\EKS\\cluster_ca.crt"),
    "client-ca-trust",
    "passed",
    "the cluster's own CA alone",
  ],
  [
    "config-drift fails for a config file modified after the kubelet's start",
    { configModified: 1_790_000_100 },
    "config-drift",
    "failed",
    "kubelet-config.json changed at 2026-09-21",
  ],
])("%s", (_, change, rule, status, because) => {
  const verdict = verdictOf(change, rule);
  expect(verdict).toMatchObject({ status });
  expect(verdict?.because).toContain(because);
});

const records = {
  os: ["os", "ID=windows"],
  system: ["owner", "S-1-5-18"],
  line: ["command-line", `${kubelet} ${windowsOwnFlags}`],
} as const;

test.each<[title: string, code: string, text: string]>([
  [
    "a node with only a container's kubelet.exe has no kubelet",
    "NO_KUBELET",
    output(records.os, ["process", "9"], ["owner", "S-1-5-93-2-1"]),
  ],
  [
    "several kubelets of LocalSystem are reported",
    "SEVERAL_KUBELETS",
    output(records.os, ["process", "9"], records.system, records.line, ["process", "10"], records.system, records.line),
  ],
  [
    "a missing command line is incomplete evidence",
    "EVIDENCE_INCOMPLETE",
    output(records.os, ["process", "9"], records.system),
  ],
  ["an invalid owner is altered evidence", "EVIDENCE_ALTERED", output(records.os, ["process", "9"], ["owner", "root"])],
  [
    "a path of another operating system is altered evidence",
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
