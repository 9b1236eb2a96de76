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
  /**
   * The whole command line, argv[0] and empty elements included. Empty if the collector could not or did not read it.
   */
  argv: readonly string[];
  cwd?: string;
  exe?: string;
  uid?: number;
  /** On Windows: the security identifier of the process's owner, for example "S-1-5-18". */
  owner?: string;
  ppid?: number;
  /** "host": the process shares the PID and mount namespaces of PID 1. */
  namespaces: "host" | "other" | "unknown";
  /**
   * The root directory of the process, if it is not "/". For such a process a path names another file than for the
   * host.
   */
  root?: string;
  /** The systemd unit of the process, if it is one of the kubelet's: "kubelet.service" or the unit of the snap. */
  unit?: (typeof units)[number];
  /**
   * PIDs of other kubelets on the node. This process was chosen because only it runs in the kubelet's unit, or only it is
   * a child of process 1.
   */
  preferredTo?: readonly number[];
  /** Whether its environment contains KUBELET_CONFIG_DROPIN_DIR_ALPHA, with any value. */
  dropInEnvironment?: boolean;
  /** Start time, epoch seconds. */
  startedAt?: number;
  /**
   * The version that the process's binary prints, for example "v1.34.2-eks-ecaa3a6". If it prints none, the version in
   * the node's version file.
   */
  version?: string;
  versionFrom?: "kubelet --version" | "/etc/eks/kubelet-version.txt";
}

/** The certificates of the setting cluster-certificate (the client CA file), or why they are missing. */
export interface BottlerocketEvidence extends BottlerocketAnswers {
  certificates: readonly CertificateEvidence[] | string;
}

/** The parsed output of the collector on one node, without verdicts. */
export interface Evidence {
  /** The node's clock, epoch seconds. */
  collectedAt?: number;
  os: { id?: string; versionId?: string; variantId?: string; prettyName?: string };
  kubelets: readonly KubeletProcess[];
  /** Number of further processes that may be the kubelet and that the collector did not read. */
  unseen?: number;
  /** Why the collector could not list the node's processes. */
  noSurvey?: string;
  /** PIDs of kubelets that ended or restarted while the collector read them. */
  restarted?: readonly number[];
  /** Keyed by path. */
  files: ReadonlyMap<string, FileEvidence>;
  /** Answers of Bottlerocket's API. On Bottlerocket the collector cannot see processes and files. */
  bottlerocket?: BottlerocketEvidence;
  /** The collector's sentences about everything that it could not read or did not read. */
  remarks: readonly string[];
  /** The digest on the evidence's END line in lower-case hex. Findings identify saved evidence by it. */
  sha256: string;
}

/** Maximum bytes of one command line; the collectors have the same limit (docs/evidence.md). */
const maxCommandLineBytes = 65_536;

/** Clock ticks per second in /proc. Source: Linux, proc_pid_stat(5) and USER_HZ. */
const ticksPerSecond = 100;

/**
 * Reads the output of the collector for Linux or Windows, as SSM or a terminal returns it. The node may be hostile.
 * Output that does not follow docs/evidence.md exactly throws an UnreadableEvidenceError; no value is guessed.
 */
export function readEvidence(output: string): Evidence {
  const { payload, sha256 } = unpack(output);
  const { node, processes, files, bottlerocket, remarks } = sortRecords(payload);
  const kubelets = processes.map((fields) => readProcess(fields, node));
  if (new Set(kubelets.map(({ pid }) => pid)).size < kubelets.length) throw altered("it contains a process twice");
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

/** One PID per line, each followed by a line feed. */
function readPids(lines: string): number[] {
  if (!/^(\d{1,10}\n){1,300}$/.test(lines)) throw altered('record "restarted" is not a list of process ids');
  return lines.trim().split("\n").map(Number);
}

/** Each element ends in NUL, as on Linux, or in byte 31, with which the collector replaces NUL. */
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
  if (!/^S-1(-\d{1,14}){1,16}$/.test(sid)) throw altered("a process's owner is not a security identifier");
  return sid;
}

/**
 * The running binary's version takes precedence, because an update may have changed the version file since the start.
 */
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

/** os-release(5): lines of KEY=value, with optional quotes around the value. */
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
