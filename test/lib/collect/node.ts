import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished } from "vitest";
import { type Evidence, readEvidence } from "../../../lambda/evidence/evidence.ts";
import { type Change, type CollectorRun, plantNode, runCollector } from "../../../local-aws/node-tree.ts";
import { collectorFile } from "../../kit/collector-file.ts";

export const script = collectorFile();

/** The shells that a node can have, without those that this machine lacks. CI has all. */
export const shells = ([["dash"], ["bash"], ["busybox", "sh"]] as const).filter(([name]) => tool(name) !== "");

/** The awks that a node can have: gawk on Amazon Linux, mawk on Ubuntu, busybox in the smallest images. */
const awks = ["gawk", "mawk", "busybox"].filter((name) => tool(name) !== "");

/** Path of a program; "" if this machine does not have it. */
export function tool(name: string): string {
  return spawnSync("which", [name]).stdout.toString().trim();
}

/** Creates a directory that is deleted after the test. */
export function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), "collect-"));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** Creates a directory for the files of a node. It is deleted after the test, except when the test fails. */
export function treeDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), "tree-"));
  onTestFinished(({ task }) => {
    if (task.result?.state !== "fail") rmSync(directory, { recursive: true, force: true });
    else
      console.error(
        `${task.name} failed. Its node's files are kept. Collect from them again with:\n${again(directory)}`,
      );
  });
  return directory;
}

const again = (root: string) =>
  `npm run -s audit -- collector >collect.sh && ROOT=${root} PATH="$PWD/local-aws/path:$PATH" sh collect.sh`;

export function planted(kind: string, change?: Change): string {
  const root = treeDirectory();
  plantNode(kind, root, change);
  return root;
}

/** Maximum seconds of CPU time of the collector on any node. Source: docs/evidence.md. */
const maxSeconds = 5;

/** Runs the collector and writes its CPU time, as `times` prints it, to the file in CPU_TIMES. */
const timed = ["sh", "-c", 'sh "$0"; code=$?; times >"$CPU_TIMES"; exit $code'] as const;

/** Seconds in the second line of the output of `times`: the CPU time of processes that the shell waited for. */
function secondsIn(times: string): number {
  const [, , user, system] = [...times.matchAll(/(\d+)m([\d.]+)s/g)].map(
    ([, minutes, rest]) => Number(minutes) * 60 + Number(rest),
  );
  return (user ?? Number.NaN) + (system ?? Number.NaN);
}

export type Collection = Evidence & { run: CollectorRun };

/** The evidence of the node at `root`. Checks the collector's exit code and CPU time. */
export async function collectedFrom(root: string, env: Record<string, string> = {}): Promise<Collection> {
  const CPU_TIMES = join(temporaryDirectory(), "times");
  const run = await runCollector(script, root, { ...env, CPU_TIMES }, timed);
  expect(run.exitCode).toBe(0);
  expect(secondsIn(readFileSync(CPU_TIMES, "utf8"))).toBeLessThan(maxSeconds);
  return { ...readEvidence(run.stdout), run };
}

/** The files of the evidence without change times. A test cannot set a change time, so it differs between two nodes. */
export function undated({ files }: Evidence) {
  return Array.from(files.values(), ({ changedAt, way, ...file }) => ({ ...file, way: way?.map(({ path }) => path) }));
}

export async function collected(kind: string, change?: Change): Promise<Collection> {
  return await collectedFrom(planted(kind, change));
}

/** The evidence of the collector. Runs it with every awk and checks that the evidence is the same. */
export async function collectedByEveryAwk(kind: string, change?: Change): Promise<Evidence> {
  const root = planted(kind, change);
  const all = await Promise.all(
    awks.map(async (awk) => {
      const bin = temporaryDirectory();
      symlinkSync(tool(awk), join(bin, "awk"));
      const { run, collectedAt, sha256, ...evidence } = await collectedFrom(root, {
        PATH: `${bin}:${process.env.PATH}`,
      });
      return { ...evidence, sha256: "" };
    }),
  );
  const [first] = all;
  if (first === undefined) throw new Error("this machine has no awk");
  for (const evidence of all) expect(evidence).toEqual(first);
  return first;
}
