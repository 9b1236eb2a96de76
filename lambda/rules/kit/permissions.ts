import { runsWindows } from "../../domain/operating-systems.ts";
import type { FileEvidence } from "../../evidence/files.ts";
import { listed, plain } from "../../text.ts";
import type { Remediation } from "./remediation.ts";
import type { AuditedNode, Verdict } from "./rule.ts";
import { incompleteVerdict, notApplicable } from "./verdict.ts";

/** A path whose mode or owner is judged, and its evidence. */
interface JudgedPath {
  path: string;
  kind: "file" | "directory";
  file: FileEvidence | undefined;
  /** The widest mode that complies. */
  widest: number;
}

/** The mode or owner of one path, the required one, and whether the path complies. */
interface Shown {
  path: string;
  shown: string;
  kept: boolean;
  asked: string;
}

/** All permission bits, with set-user-ID, set-group-ID and sticky. */
const allBits = 0o7777;
/**
 * CIS Amazon EKS and the STIG require "644 or more restrictive". This compares bits: 0600 and 0400 comply, 0755 and
 * 0666 do not. CIS Kubernetes requires 600 for the kubeconfig and the config file, and for drop-ins 644 (from 2.1.0
 * on).
 */
const usual = { file: 0o644, directory: 0o755 };
const strict = 0o600;

/**
 * The paths that contain the kubelet's configuration: the config file, the directories of drop-ins and each drop-in.
 */
export function configPaths({ evidence: { files }, kubelet: { paths }, benchmarks }: AuditedNode): JudgedPath[] {
  const one = (path: string, kind: JudgedPath["kind"], widest = usual[kind]) => {
    return { path, kind, file: files.get(path), widest };
  };
  return [
    ...paths.dropInDirectories.map((path) => one(path, "directory")),
    ...(paths.config === undefined ? [] : [one(paths.config, "file", widestFile(benchmarks))]),
    ...paths.dropIns.map((path) => one(path, "file")),
  ];
}

export function kubeconfigPaths({ evidence: { files }, kubelet: { paths }, benchmarks }: AuditedNode): JudgedPath[] {
  const path = paths.kubeconfig;
  return path === undefined ? [] : [{ path, kind: "file", file: files.get(path), widest: widestFile(benchmarks) }];
}

export function clientCAPaths({ evidence: { files }, kubelet: { paths } }: AuditedNode): JudgedPath[] {
  const path = paths.clientCA;
  return path === undefined ? [] : [{ path, kind: "file", file: files.get(path), widest: usual.file }];
}

/** The widest mode that the strictest picked benchmark allows for the kubeconfig and the config file. */
export function widestFile(benchmarks: AuditedNode["benchmarks"]): number {
  return benchmarks.includes("cis-kubernetes") ? strict : usual.file;
}

/**
 * Passes if no path has a permission bit beyond its widest mode. Set-user-ID, set-group-ID and sticky count as well.
 * The remediations are for 0644; `stricter` is the one for 0600.
 */
export function judgeModes(audited: AuditedNode, paths: readonly JudgedPath[], stricter?: Remediation): Verdict {
  const verdict = judgePaths(audited, paths, "mode", ({ path, file, widest }) => {
    if (file?.mode === undefined) return undefined;
    const kept = (file.mode & allBits & ~widest) === 0;
    return { path, kept, shown: octal(file.mode), asked: `${octal(widest)} or stricter` };
  });
  const needsStricter = verdict.status === "failed" && paths.some(({ widest }) => widest === strict);
  return needsStricter && stricter ? { ...verdict, fix: stricter[audited.os] } : verdict;
}

/** Passes if every path belongs to user 0 and group 0. Numbers are compared because a node can choose the names. */
export function judgeOwners(audited: AuditedNode, paths: readonly JudgedPath[]): Verdict {
  return judgePaths(audited, paths, "owner", ({ path, file }) => {
    if (file?.uid === undefined || file.gid === undefined) return undefined;
    const kept = file.uid === 0 && file.gid === 0;
    return { path, kept, shown: `${file.uid}:${file.gid}`, asked: "0:0 (root:root)" };
  });
}

/** Fails if one path breaks the rule, even if evidence about other paths is missing. */
function judgePaths(
  audited: AuditedNode,
  paths: readonly JudgedPath[],
  name: "mode" | "owner",
  show: (judged: JudgedPath) => Shown | undefined,
): Verdict {
  if (runsWindows(audited)) return notApplicable(`Windows has no POSIX file ${name}s.`);
  if (paths.length === 0) return notApplicable("The kubelet was started without such a file.");
  // A path that the collector could not follow to its end also has the kind "missing".
  const existing = paths.filter(({ file }) => file?.kind !== "missing" || file.problem !== undefined);
  if (existing.length === 0) return notApplicable(`${names(paths)} does not exist.`);

  const shown = existing.map(show).filter((one) => one !== undefined);
  const broken = shown.filter(({ kept }) => !kept);
  if (broken.length > 0) return { status: "failed", ...sentence(name, broken) };
  const unknown = existing.filter((one) => show(one) === undefined);
  if (unknown.length > 0) return incompleteVerdict(`The evidence lacks the ${name} of ${names(unknown)}.`);
  return { status: "passed", ...sentence(name, shown) };
}

function sentence(name: string, all: readonly Shown[]): Pick<Verdict, "because" | "value" | "from"> {
  const [first] = all;
  const sentences = all.map(({ path, shown, kept, asked }) => {
    return `${plain(path)} has ${name} ${shown}${kept ? "" : ` but must have ${asked}`}`;
  });
  return { because: `${listed(sentences)}.`, ...(first && { value: first.shown, from: plain(first.path) }) };
}

function names(paths: readonly JudgedPath[]): string {
  return listed(paths.map(({ path }) => plain(path)));
}

function octal(mode: number): string {
  return (mode & allBits).toString(8).padStart(4, "0");
}
