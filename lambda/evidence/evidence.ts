import { splitCommandLine } from "../go/windows-command-line.ts";
import { type BottlerocketAnswers, excuse, readAnswers } from "./bottlerocket.ts";
import type { CertificateEvidence, FileEvidence } from "./files.ts";
import { readCertificates, readFiles } from "./files.ts";
import { altered, unpack } from "./frame.ts";
import { pathsOf } from "./paths.ts";
import { type Fields, integer, oneOf, sortRecords, text } from "./records.ts";

export { UnreadableEvidenceError } from "./frame.ts";

/** A process whose argv[0] is named kubelet. */
export interface KubeletProcess {
  pid: number;
  /** The whole command line with argv[0] and its empty elements; empty when it could not be taken or was not wanted. */
  argv: readonly string[];
  cwd?: string;
  exe?: string;
  uid?: number;
  /** On Windows the security identifier of whose process it is, for example "S-1-5-18". */
  owner?: string;
  ppid?: number;
  /** "host": same PID and mount namespace as PID 1. */
  namespaces: "host" | "other" | "unknown";
  /** Its root directory where that is not "/": under the host's names it has files of its own. */
  root?: string;
  /** The systemd unit it runs in, where that is the kubelet's: "kubelet.service" or the unit of the snap. */
  unit?: (typeof units)[number];
  /** Other kubelets on the node, to which this one was preferred. */
  preferredTo?: readonly number[];
  /** KUBELET_CONFIG_DROPIN_DIR_ALPHA stands in its environment, with whatever value. */
  dropInEnvironment?: boolean;
  /** Start time, epoch seconds. */
  startedAt?: number;
  /** What its own binary calls itself, for example "v1.34.2-eks-ecaa3a6"; else what the node's version file says. */
  version?: string;
  versionFrom?: "kubelet --version" | "/etc/eks/kubelet-version.txt";
}

/** The certificates of the setting cluster-certificate, which becomes the client CA file; a text says why there are none. */
export interface BottlerocketEvidence extends BottlerocketAnswers {
  certificates: readonly CertificateEvidence[] | string;
}

/** Everything the collector brought from one node, parsed; nothing judged. */
export interface Evidence {
  /** The node's clock, epoch seconds. */
  collectedAt?: number;
  os: { id?: string; versionId?: string; variantId?: string; prettyName?: string };
  kubelets: readonly KubeletProcess[];
  /** How many more processes may be the kubelet, which the collector did not look at. */
  unseen?: number;
  /** Why the collector could not list the node's processes. */
  noSurvey?: string;
  /** PIDs of kubelets that ended or were started anew while the collector read them. */
  restarted?: readonly number[];
  /** By path. */
  files: ReadonlyMap<string, FileEvidence>;
  /** What a Bottlerocket host answered, in place of processes and files, which cannot be seen there. */
  bottlerocket?: BottlerocketEvidence;
  /** What the script could not read or refused to, in words. */
  remarks: readonly string[];
  /** The digest on the evidence's END line, lower-case hex: names saved evidence on findings. */
  sha256: string;
}

/** Bytes of one command line, the collectors' own limit (docs/evidence.md). */
const maxCommandLineBytes = 65_536;

/** Clock ticks in a second as /proc counts them. Source: Linux, proc_pid_stat(5) and USER_HZ. */
const ticksPerSecond = 100;

/**
 * Reads what the collector of Linux or Windows printed, as SSM or a terminal handed it over. The node may be hostile: whatever does not follow
 * docs/evidence.md to the letter throws an UnreadableEvidenceError, and nothing is guessed.
 */
export function readEvidence(output: string): Evidence {
  const { payload, sha256 } = unpack(output);
  const { node, processes, files, bottlerocket, remarks } = sortRecords(payload);
  const kubelets = processes.map((fields) => readProcess(fields, node));
  if (new Set(kubelets.map(({ pid }) => pid)).size < kubelets.length) throw altered("a process stands in it twice");
  const os = readOs(node);
  const evidence: Evidence = { os, kubelets, files: readFiles(files, pathsOf({ os })), remarks, sha256 };
  if (bottlerocket) evidence.bottlerocket = readBottlerocket(bottlerocket);
  if (node.has("unseen")) evidence.unseen = integer(node, "unseen");
  if (node.has("no-survey")) evidence.noSurvey = text(node.get("no-survey"));
  if (node.has("restarted")) evidence.restarted = readPids(text(node.get("restarted")));
  if (node.has("now")) evidence.collectedAt = integer(node, "now");
  return evidence;
}

function readProcess(fields: Fields, node: Fields): KubeletProcess {
  const process: KubeletProcess = { pid: integer(fields, "process"), argv: [], namespaces: "unknown" };
  for (const [name, value] of fields) {
    if (name === "argv") process.argv = elements(commandLine(value));
    if (name === "argv-encoded") process.argv = elements(commandLine(Buffer.from(text(value), "base64")));
    if (name === "command-line") process.argv = splitCommandLine(commandLine(value));
    if (name === "owner") process.owner = readOwner(text(value));
    if (name === "started") process.startedAt = integer(fields, name);
    if (name === "cwd") process.cwd = text(value);
    if (name === "root") process.root = text(value);
    if (name === "unit") process.unit = oneOf(units, text(value));
    if (name === "exe") process.exe = text(value);
    if (name === "uid") process.uid = integer(fields, name);
    if (name === "ppid") process.ppid = integer(fields, name);
    if (name === "namespaces") process.namespaces = oneOf(namespaces, text(value));
    if (name === "dropin-env") process.dropInEnvironment = oneOf(["set", "unset"], text(value)) === "set";
  }
  if (fields.has("start") && node.has("btime")) {
    process.startedAt = integer(node, "btime") + Math.floor(integer(fields, "start") / ticksPerSecond);
  }
  return { ...process, ...readVersion(fields.get("version"), fields.get("version-file") ?? node.get("version-file")) };
}

/** One a line, a line break behind each. */
function readPids(lines: string): number[] {
  if (!/^(\d{1,10}\n){1,300}$/.test(lines)) throw altered('record "restarted" is not a list of process ids');
  return lines.trim().split("\n").map(Number);
}

/** The byte behind each element: NUL as Linux has it, or 31 in its place. */
function elements(line: string): string[] {
  const border = line.endsWith("\x1f") ? "\x1f" : "\0";
  return (line.endsWith(border) ? line.slice(0, -1) : line).split(border);
}

function commandLine(value: Buffer): string {
  if (value.length > maxCommandLineBytes) throw altered(`a command line has ${value.length} bytes`);
  return text(value);
}

/** A Windows security identifier. Source: Microsoft, [MS-DTYP] 2.4.2.1, "SID String Format Syntax". */
function readOwner(sid: string): string {
  if (!/^S-1(-\d{1,14}){1,16}$/.test(sid)) throw altered("a process's owner is no security identifier");
  return sid;
}

/** The running binary's word wins over a file that an update may have changed under it. */
function readVersion(
  binary: Buffer | undefined,
  file: Buffer | undefined,
): Pick<KubeletProcess, "version" | "versionFrom"> {
  const pattern = /\bv\d{1,3}\.\d{1,3}\.[\w.+-]{1,60}/;
  const [said] = pattern.exec(binary?.toString() ?? "") ?? [];
  if (said) return { version: said, versionFrom: "kubelet --version" };
  const [written] = pattern.exec(file?.toString() ?? "") ?? [];
  return written ? { version: written, versionFrom: "/etc/eks/kubelet-version.txt" } : {};
}

const units = ["kubelet.service", "snap.kubelet-eks.daemon.service"] as const;
const namespaces = ["host", "other", "unknown"] as const;
function readBottlerocket(fields: Fields): BottlerocketEvidence {
  const certificates = fields.get("certificates");
  return {
    ...readAnswers(fields),
    certificates: certificates ? readCertificates(certificates) : excuse(fields, "no-certificates"),
  };
}

/** os-release(5): KEY=value, the value perhaps in quotes. */
function readOs(node: Fields): Evidence["os"] {
  const values = new Map<string, string>();
  for (const line of text(node.get("os") ?? Buffer.of()).split("\n")) {
    const [, key, , value] = /^([A-Z_]+)=(["']?)(.*)\2$/.exec(line) ?? [];
    if (key && value) values.set(key, value);
  }
  const os: Evidence["os"] = {};
  for (const [key, name] of Object.entries(osNames)) {
    const value = values.get(key);
    if (value !== undefined) os[name] = value;
  }
  return os;
}

const osNames = { ID: "id", VERSION_ID: "versionId", VARIANT_ID: "variantId", PRETTY_NAME: "prettyName" } as const;
