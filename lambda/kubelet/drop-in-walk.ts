import { type CannotTell, incomplete, KubeletRefuses } from "../domain/problems.ts";
import type { Evidence } from "../evidence/evidence.ts";
import type { FileEvidence } from "../evidence/files.ts";
import { namesDirectory, pathsOf } from "../evidence/paths.ts";
import { compareBytes } from "../go/merge-patch.ts";

/** The drop-ins and directories that the kubelet finds in --config-dir. */
export interface DropInWalk {
  /** In the order in which they are merged. */
  files: readonly string[];
  directories: readonly string[];
}

/** Maximum number of drop-ins, and of their directories; the collectors have the same limit (docs/evidence.md). */
const maxDropIns = 64;

/**
 * Walks --config-dir as Go's filepath.WalkDir does: depth first, each directory in the byte order of its names, hidden
 * names included. A drop-in has the extension ".conf" and is not a directory.
 *
 * `configDir` is the value of the flag, and `root` is its absolute path, which the system opens. Names below `root` are
 * joined to it as text (filepath.Join), which makes a difference if ".." follows a link. Links below `root` are not
 * followed. A link at `root` is followed only if `configDir` ends in a slash (Lstat). Otherwise it counts as a file.
 * Source: kubernetes cmd/kubelet/app/server.go mergeKubeletConfigurations.
 */
export function walkDropIns(evidence: Evidence, configDir: string, root: string): DropInWalk {
  const record = evidence.files.get(root);
  if (record === undefined) throw incomplete(`The evidence does not contain --config-dir ${root}.`, "Collect again.");
  const followed = namesDirectory(configDir);
  if (record.problem !== undefined) throw notListed(root, record.problem);
  if (record.kind === "missing" && (followed || record.link === undefined)) {
    throw new KubeletRefuses(`--config-dir ${root} does not exist`);
  }
  if (followed && record.kind !== "directory") throw new KubeletRefuses(`--config-dir ${configDir} is not a directory`);
  const walk: { files: string[]; directories: string[] } = { files: [], directories: [] };
  const name = pathsOf(evidence).lexical("", root);
  visit(name, { ...record, link: followed ? undefined : record.link }, childrenByDirectory(evidence), walk);
  if (Math.max(walk.files.length, walk.directories.length) > maxDropIns)
    throw notListed(root, `the evidence has more than ${maxDropIns} drop-ins or directories below it`);
  return { ...walk, directories: walk.directories.map((path) => (path === name ? root : path)) };
}

type Visited = Pick<FileEvidence, "kind" | "problem"> & { link?: string | undefined };

function visit(
  path: string,
  entry: Visited,
  children: ReadonlyMap<string, readonly FileEvidence[]>,
  walk: { files: string[]; directories: string[] },
): void {
  if (entry.kind !== "directory" || entry.link !== undefined) {
    if (isDropInName(path)) walk.files.push(path);
    return;
  }
  if (entry.problem !== undefined) throw notListed(path, entry.problem);
  walk.directories.push(path);
  for (const child of children.get(path) ?? []) visit(child.path, child, children, walk);
}

function notListed(path: string, problem: string): CannotTell {
  return incomplete(
    `${path} was not listed completely: ${problem}.`,
    "Keep only a few files in it, and make them readable.",
  );
}

function isDropInName(path: string): boolean {
  // In Go's filepath.Ext an extension starts at the last dot, even at the start of a name: that of ".conf" is ".conf".
  return path.endsWith(".conf");
}

function childrenByDirectory(evidence: Evidence): ReadonlyMap<string, readonly FileEvidence[]> {
  const { dirname } = pathsOf(evidence);
  const below = evidence.files.values().filter(({ path }) => path !== dirname(path));
  const children = Map.groupBy(below, ({ path }) => dirname(path));
  for (const siblings of children.values()) siblings.sort((a, b) => compareBytes(a.path, b.path));
  return children;
}
