import { X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import type { Cluster } from "../lambda/domain/node.ts";
import { type Evidence, readEvidence } from "../lambda/evidence/evidence.ts";
import { type JudgeInput, judgeNode } from "../lambda/judge/judge-node.ts";
import { rules } from "../lambda/rules/index.ts";
import type { RuleChoice } from "../lambda/rules/kit/choice.ts";
import type { Verdict } from "../lambda/rules/kit/rule.ts";
import { output } from "./lambda/evidence/evidence-by-hand.ts";

export const config = "/etc/kubernetes/kubelet/config.json";
export const dropInDirectory = `${config}.d`;
export const caFile = "/etc/kubernetes/pki/ca.crt";
export const kubeconfig = "/var/lib/kubelet/kubeconfig";

/** Epoch seconds: the kubelet starts a minute after its files were written, and an hour before the audit. */
export const startedAt = Date.parse("2026-12-01T12:00:00Z") / 1000;
const now = startedAt + 3600;
const beforeStart = startedAt - 60;

const pem = (name: string) => readFileSync(new URL(`kubelet-vectors/${name}`, import.meta.url), "utf8");
const digest = (text: string) => new X509Certificate(text).fingerprint256.replaceAll(":", "").toLowerCase();
export const clusterCA = digest(pem("cluster-ca.pem"));
export const otherCA = digest(pem("other-ca.pem"));

export const cluster: Cluster = {
  name: "prod-apps",
  arn: "arn:aws:eks:us-east-1:111122223333:cluster/prod-apps",
  autoMode: false,
  certificateAuthority: Buffer.from(pem("cluster-ca.pem")).toString("base64"),
};

/** A file of a node. With a mode of null, the evidence contains neither mode, owner nor time. */
export interface FileState {
  kind?: "file" | "directory" | "missing";
  /** Fields of a KubeletConfiguration, or the raw text. */
  content?: object | string;
  certificates?: readonly string[];
  problem?: string;
  mode?: number | null;
  owner?: string;
  /** Epoch seconds. Default: before the kubelet's start. */
  modifiedAt?: number;
  /** Epoch seconds. Default: `modifiedAt`. With null, the evidence is that of an earlier collector. */
  changedAt?: number | null;
  /** The record of this name. Default: empty. */
  way?: string;
}

/** Command line of a kubelet, and the files of its node. */
export interface NodeState {
  /** Kubernetes minor version of the kubelet. */
  version?: string;
  /** The --config file. Without it, the kubelet is started without --config. */
  file?: object | string;
  /** Drop-ins by name. If present, the kubelet is started with --config-dir. */
  dropIns?: Readonly<Record<string, object | string>>;
  /** Further arguments of the command line. Without one of --kubeconfig, the kubelet has a kubeconfig. */
  flags?: readonly string[];
  /** Additional files by path. An entry with the path of a file above adds properties to that file. */
  files?: Readonly<Record<string, FileState>>;
  /** Lines of os-release. */
  os?: string;
  /** Evidence records about processes. They replace the records of the kubelet. */
  processes?: readonly (readonly [name: string, value: string])[];
}

/** The evidence that collect.sh would print on a node in this state. */
export function collected(state: NodeState): string {
  const files = Object.entries(filesOf(state)).flatMap(([path, file]) => fileRecords(path, file));
  const boot: [string, string][] = [
    ["now", String(now)],
    ["btime", String(startedAt - 10)],
    ["os", state.os ?? 'ID="amzn"\nVERSION_ID="2023"'],
  ];
  return output(...boot, ...(state.processes ?? processRecords(state)), ...files);
}

/**
 * Turns on every rule with its own severity. A rule that has a severity in the setting "rules" is on for every choice of
 * benchmarks.
 */
export const everyRule: RuleChoice = Object.fromEntries(rules.map(({ id, severity }) => [id, severity]));

/** Verdicts of every rule on a node in this state, by rule id. */
export function verdictsOn(state: NodeState, input: Partial<JudgeInput> = {}): Record<string, Verdict> {
  const collection = { output: collected(state) };
  const { verdicts } = judgeNode({ collected: collection, cluster, now, rules: everyRule, ...input });
  return Object.fromEntries(verdicts.map(({ rule, verdict }) => [rule.id, verdict]));
}

export function evidenceOn(state: NodeState): Evidence {
  return readEvidence(collected(state));
}

const isKubeconfig = (flag: string) => flag.startsWith("--kubeconfig");

function processRecords({ version = "1.34", file, dropIns, flags = [] }: NodeState): [string, string][] {
  const argv = [
    "/usr/bin/kubelet",
    ...flags,
    ...(file === undefined ? [] : [`--config=${config}`]),
    ...(dropIns === undefined ? [] : [`--config-dir=${dropInDirectory}`]),
    ...(flags.some(isKubeconfig) ? [] : [`--kubeconfig=${kubeconfig}`]),
  ];
  return [
    ["process", "1234"],
    ["argv", argv.map((element) => `${element}\0`).join("")],
    ["cwd", "/"],
    ["uid", "0"],
    ["start", "1000"],
    ["namespaces", "host"],
    ["dropin-env", "set"],
    ["version", `Kubernetes v${version}.2-eks-ecaa3a6`],
  ];
}

function filesOf({ file, dropIns, files = {} }: NodeState): Record<string, FileState> {
  const all: Record<string, FileState> = { [caFile]: { certificates: [clusterCA] }, [kubeconfig]: {} };
  if (file !== undefined) all[config] = { content: file };
  if (dropIns !== undefined) all[dropInDirectory] = { kind: "directory" };
  for (const [name, content] of Object.entries(dropIns ?? {})) all[`${dropInDirectory}/${name}`] = { content };
  for (const [path, more] of Object.entries(files)) all[path] = { ...all[path], ...more };
  return all;
}

function fileRecords(path: string, state: FileState): [string, string][] {
  const { kind = "file", mode = kind === "directory" ? 0o755 : 0o644, owner = "0 0", modifiedAt = beforeStart } = state;
  const { changedAt = modifiedAt } = state;
  const records: [string, string][] = [
    ["file", path],
    ["kind", kind],
  ];
  if (mode !== null && kind !== "missing") {
    const times = changedAt === null ? modifiedAt : `${modifiedAt} ${changedAt}`;
    records.push(["stat", `${mode.toString(8)} ${owner} ${times} 100`], ["way", state.way ?? ""]);
  }
  if (state.content !== undefined) records.push(["content", configuration(state.content)]);
  if (state.problem !== undefined) records.push(["problem", state.problem]);
  if (state.certificates) records.push(["certificates", state.certificates.join("\n")]);
  return records;
}

function configuration(content: object | string): string {
  if (typeof content === "string") return content;
  return JSON.stringify({ kind: "KubeletConfiguration", apiVersion: "kubelet.config.k8s.io/v1beta1", ...content });
}
