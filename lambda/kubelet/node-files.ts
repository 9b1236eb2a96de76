import { resolve } from "node:path/posix";
import type { Evidence, FileEvidence, KubeletProcess } from "./evidence.ts";
import { incomplete, KubeletRefuses } from "./problems.ts";

/** A path as this process opens it. Source: Go's filepath.Abs. */
export function absolute(path: string, { cwd }: Pick<KubeletProcess, "cwd">): string {
  if (path.startsWith("/")) return resolve(path);
  if (cwd?.startsWith("/")) return resolve(cwd, path);
  throw incomplete(`${path} is relative, and the kubelet's working directory is unknown.`, "Collect again as root.");
}

/** Surely not there: the way to it was open to the collector. */
export function isMissing({ kind, problem }: Pick<FileEvidence, "kind" | "problem">): boolean {
  return kind === "missing" && problem === undefined;
}

/** The bytes of a file that the kubelet reads when it starts; a kubelet that cannot read one does not start. */
export function contentOf(path: string, evidence: Evidence): Buffer {
  const file = evidence.files.get(path);
  if (file === undefined) throw incomplete(`The evidence does not contain ${path}.`, "Collect again.");
  if (isMissing(file)) throw new KubeletRefuses(`failed to read ${path}: no such file`);
  if (file.kind === "directory") throw new KubeletRefuses(`failed to read ${path}: it is a directory`);
  if (file.content !== undefined && file.problem === undefined) return file.content;
  throw incomplete(
    `The content of ${path} was not collected: ${file.problem ?? `it is a ${file.kind}`}.`,
    "Make it an ordinary file below 256 KiB that names no staticPodURL.",
  );
}
