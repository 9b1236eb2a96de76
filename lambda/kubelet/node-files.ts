import { type CannotTell, incomplete, KubeletRefuses } from "../domain/problems.ts";
import type { Evidence } from "../evidence/evidence.ts";
import type { FileEvidence } from "../evidence/files.ts";
import { type Paths, pathsOf } from "../evidence/paths.ts";
import { short } from "../text.ts";
import type { StartContext } from "./start-context.ts";

type Place = Pick<StartContext, "evidence" | "process">;

/**
 * Resolves the path of --config. The kubelet removes ".." from the text of this path before it opens the file. The
 * result is spelled as in the evidence. Source: kubernetes cmd/kubelet/app/server.go loadConfigFile, which calls Go's
 * filepath.Abs.
 */
export function lexical(path: string, place: Place): string {
  return absolute(path, place, "lexical");
}

/**
 * Resolves a path that the kubelet passes to the system unchanged (--kubeconfig, --config-dir, client CA). There a ".."
 * after a link leads to the parent of the link's target. The result is spelled as in the evidence. Sources: client-go
 * tools/clientcmd LoadFromFile, Go's filepath.WalkDir (Lstat of its root), client-go util/cert NewPool.
 */
export function asGiven(path: string, place: Place): string {
  return absolute(path, place, "asGiven");
}

function absolute(
  path: string,
  { evidence, process: { cwd = "" } }: Place,
  treatment: keyof Pick<Paths, "lexical" | "asGiven">,
): string {
  const paths = pathsOf(evidence);
  if (!paths.isAbsolute(path) && !paths.isAbsolute(cwd)) {
    throw incomplete(
      `${short(path)} is relative, and the kubelet's working directory is unknown.`,
      "Write it as an absolute path.",
    );
  }
  const opened = paths[treatment](cwd, path);
  if (evidence.files.has(opened)) return opened;
  return evidence.files.keys().find((known) => paths.key(known) === paths.key(opened)) ?? opened;
}

/** Whether a path certainly does not exist: the collector could read all directories on the way to it. */
export function isMissing({ kind, problem }: Pick<FileEvidence, "kind" | "problem">): boolean {
  return kind === "missing" && problem === undefined;
}

/** Maximum bytes of a path: PATH_MAX without the NUL at its end. Source: Linux, path_resolution(7). */
const longestPath = 4095;

/**
 * The bytes of a file that the kubelet reads when it starts. If the kubelet cannot read the file, it does not start.
 * With "any kind" the kubelet also starts with an object of another kind, whose content the collector does not send.
 */
export function contentOf(path: string, evidence: Evidence, accepts: "its own kind" | "any kind"): Buffer {
  const file = evidence.files.get(path);
  const refuse = (why: string) => new KubeletRefuses(`failed to load ${short(path)}: ${why}`);
  if (file === undefined && Buffer.byteLength(path) > longestPath) throw refuse("the path is too long");
  if (file === undefined) throw notCollected(path, evidence);
  if (isMissing(file)) throw refuse("no such file");
  if (file.kind === "directory") throw refuse("it is a directory");
  if (file.problem === "it names no kind") throw refuse("Object 'Kind' is missing");
  if (file.problem === "it is not a KubeletConfiguration" && accepts === "its own kind") throw refuse(file.problem);
  if (file.content !== undefined && file.problem === undefined) return file.content;
  const problem = file.problem ?? `it is a ${file.kind}`;
  throw incomplete(`The content of ${short(path)} was not collected: ${short(problem)}.`, fixOf(problem));
}

function notCollected(path: string, { remarks }: Evidence): CannotTell {
  const because = `The evidence does not contain ${short(path)}`;
  const limit = remarks.find((remark) => remark.startsWith("more than "));
  if (path.includes("\u0001"))
    return incomplete(`${because}, which has the character U+0001 in its name.`, "Rename the file.");
  if (limit === undefined) return incomplete(`${because}.`, "Collect again.");
  const fix =
    "Name fewer files in the kubelet's command line and configuration, or collect again when the node is less busy.";
  return incomplete(`${because}: the collector stopped before it, after ${limit}.`, fix);
}

/** The fix for each problem that the collectors report, found by words in the problem's text. */
const fixes: readonly (readonly [words: RegExp, fix: string])[] = [
  [/^it is a (fifo|device|socket)$/, "Make the file an ordinary one."],
  [/is larger than/, "Make the file smaller: the collector reads at most 256 KiB of one file."],
  [
    /are larger than/,
    "Make the kubelet's configuration files smaller: the collector reads at most 1 MiB of them together.",
  ],
  [
    /secret/,
    "Take staticPodURL and staticPodURLHeader out of the file and its comments, or write them as docs/evidence.md shows.",
  ],
  [/look through/, "Make the file smaller, and remove long runs of blanks and punctuation from it."],
  [
    /KubeletConfiguration/,
    "Keep one KubeletConfiguration in the file, written without tags and escapes, and nothing else.",
  ],
  [
    /each process/,
    "Keep the configuration in a file with a name of its own, not in one that only the kubelet has open.",
  ],
  [/link/, "Replace the link with the file itself."],
  [/cannot be/, "Let root read the file, and collect again."],
];

function fixOf(problem: string): string {
  return fixes.find(([words]) => words.test(problem))?.[1] ?? "Collect again.";
}
