import type { Evidence, FileEvidence } from "./evidence.ts";
import { pathsOf } from "./paths.ts";
import { incomplete, KubeletRefuses } from "./problems.ts";
import type { Start } from "./start.ts";

/** A path as this process opens it, spelt as the evidence spells it. Source: Go's filepath.Abs. */
export function absolute(
  path: string,
  { evidence, process: { cwd = "" } }: Pick<Start, "evidence" | "process">,
): string {
  const { isAbsolute, clean, resolve, key } = pathsOf(evidence);
  if (!isAbsolute(path) && !isAbsolute(cwd)) {
    throw incomplete(`${path} is relative, and the kubelet's working directory is unknown.`, "Name it absolutely.");
  }
  const opened = isAbsolute(path) ? clean(path) : resolve(cwd, path);
  if (evidence.files.has(opened)) return opened;
  return evidence.files.keys().find((known) => key(known) === key(opened)) ?? opened;
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
