import { type CannotTell, incomplete, KubeletRefuses } from "../domain/problems.ts";
import type { Evidence } from "../evidence/evidence.ts";
import type { FileEvidence } from "../evidence/files.ts";
import { type Paths, pathsOf } from "../evidence/paths.ts";
import { short } from "../text.ts";
import type { StartContext } from "./start-context.ts";

type Place = Pick<StartContext, "evidence" | "process">;

/**
 * A path whose ".." this process folds as text before it opens it, spelt as the evidence spells it: --config.
 * Source: kubernetes cmd/kubelet/app/server.go loadConfigFile, which calls Go's filepath.Abs.
 */
export function lexical(path: string, place: Place): string {
  return absolute(path, place, "lexical");
}

/**
 * A path that this process hands to the system as it was given, so that a ".." behind a link goes up from where the link
 * led, spelt as the evidence spells it: --kubeconfig, --config-dir, client CA. Sources: client-go tools/clientcmd
 * LoadFromFile, Go's filepath.WalkDir (Lstat of its root), client-go util/cert NewPool.
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
      "Name it absolutely.",
    );
  }
  const opened = paths[treatment](cwd, path);
  if (evidence.files.has(opened)) return opened;
  return evidence.files.keys().find((known) => paths.key(known) === paths.key(opened)) ?? opened;
}

/** Surely not there: the way to it was open to the collector. */
export function isMissing({ kind, problem }: Pick<FileEvidence, "kind" | "problem">): boolean {
  return kind === "missing" && problem === undefined;
}

/** Bytes of a path that the system takes, less than PATH_MAX with the NUL at its end. Source: Linux, path_resolution(7). */
const longestPath = 4095;

/**
 * The bytes of a file that the kubelet reads when it starts; a kubelet that cannot read one does not start. `accepts`
 * says whether it starts with an object of another kind, of which the collector sends nothing.
 */
export function contentOf(path: string, evidence: Evidence, accepts: "its own kind" | "any kind"): Buffer {
  const file = evidence.files.get(path);
  const refuse = (why: string) => new KubeletRefuses(`failed to load ${short(path)}: ${why}`);
  if (file === undefined && Buffer.byteLength(path) > longestPath) throw refuse("the path is too long");
  if (file === undefined) throw notCollected(path, evidence);
  if (isMissing(file)) throw refuse("no such file");
  if (file.kind === "directory") throw refuse("it is a directory");
  if (file.problem === "it names no kind") throw refuse("Object 'Kind' is missing");
  if (file.problem === "it is no KubeletConfiguration" && accepts === "its own kind") throw refuse(file.problem);
  if (file.content !== undefined && file.problem === undefined) return file.content;
  const problem = file.problem ?? `it is a ${file.kind}`;
  throw incomplete(`The content of ${short(path)} was not collected: ${short(problem)}.`, fixOf(problem));
}

function notCollected(path: string, { remarks }: Evidence): CannotTell {
  const because = `The evidence does not contain ${short(path)}`;
  const limit = remarks.find((remark) => remark.startsWith("more than "));
  if (path.includes("\u0001"))
    return incomplete(`${because}, which has the character U+0001 in its name.`, "Rename it.");
  if (limit === undefined) return incomplete(`${because}.`, "Collect again.");
  const fix =
    "Name fewer files in the kubelet's command line and configuration, or collect again when the node is less busy.";
  return incomplete(`${because}: the collector stopped before it, after ${limit}.`, fix);
}

/** What helps against the collectors' problems, by words in them. */
const fixes: readonly (readonly [words: RegExp, fix: string])[] = [
  [/^it is a (fifo|device|socket)$/, "Make it an ordinary file."],
  [/is larger than/, "Make it smaller: 256 KiB are read of one file."],
  [/are larger than/, "Make the kubelet's configuration files smaller: 1 MiB is read of all together."],
  [
    /secret/,
    "Take staticPodURL and staticPodURLHeader out of it, in comments too, or write them as docs/evidence.md shows.",
  ],
  [/look through/, "Make it smaller, and take long runs of blanks and marks out of it."],
  [/KubeletConfiguration/, "Keep one KubeletConfiguration in it, written without tags and escapes, and nothing else."],
  [
    /each process/,
    "Keep the configuration in a file with a name of its own, not in one that only the kubelet has open.",
  ],
  [/link/, "Put the file itself in the place of the link."],
  [/closed|cannot be/, "Let root read it, and collect again."],
];

function fixOf(problem: string): string {
  return fixes.find(([words]) => words.test(problem))?.[1] ?? "Collect again.";
}
