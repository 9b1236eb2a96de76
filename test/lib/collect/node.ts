import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished } from "vitest";
import { type Evidence, readEvidence } from "../../../lambda/evidence/evidence.ts";
import { type Change, type CollectorRun, plantNode, runCollector } from "../../../local-aws/node-tree.ts";
import { collectorFile } from "../../kit/collector-file.ts";

export const script = collectorFile();

/** The shells a node may have, as far as this machine has them; CI has all. */
export const shells = ([["dash"], ["bash"], ["busybox", "sh"]] as const).filter(([name]) => tool(name) !== "");

/** The awks a node may have: gawk on Amazon Linux, mawk on Ubuntu, busybox in the smallest images. */
const awks = ["gawk", "mawk", "busybox"].filter((name) => tool(name) !== "");

/** Where a tool is, or "" when this machine has none. */
export function tool(name: string): string {
  return spawnSync("which", [name]).stdout.toString().trim();
}

/** A directory that is gone after the test. */
export function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), "collect-"));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** A directory for a node's tree, which is kept when the test fails. */
export function treeDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), "tree-"));
  onTestFinished(({ task }) => {
    if (task.result?.state !== "fail") rmSync(directory, { recursive: true, force: true });
    else console.error(`${task.name} failed on a tree that is kept. Collect from it again with:\n${again(directory)}`);
  });
  return directory;
}

const again = (root: string) =>
  `node bin/audit.ts collector >collect.sh && ROOT=${root} PATH="$PWD/local-aws/path:$PATH" sh collect.sh`;

export function planted(kind: string, change?: Change): string {
  const root = treeDirectory();
  plantNode(kind, root, change);
  return root;
}

/** Seconds of processor time that the collector may take, whatever it meets. Source: docs/evidence.md. */
const maxSeconds = 5;

/** A shell that writes the processor time of the collector, as `times` prints it, to the file in CPU_TIMES. */
const timed = ["sh", "-c", 'sh "$0"; code=$?; times >"$CPU_TIMES"; exit $code'] as const;

/** Seconds in the second line of what `times` prints: of the processes that the shell waited for. */
function secondsIn(times: string): number {
  const [, , user, system] = [...times.matchAll(/(\d+)m([\d.]+)s/g)].map(
    ([, minutes, rest]) => Number(minutes) * 60 + Number(rest),
  );
  return (user ?? Number.NaN) + (system ?? Number.NaN);
}

export type Collection = Evidence & { run: CollectorRun };

/** What the collector finds below `root`, having ended well and without computing for long. */
export async function collectedFrom(root: string, env: Record<string, string> = {}): Promise<Collection> {
  const CPU_TIMES = join(temporaryDirectory(), "times");
  const run = await runCollector(script, root, { ...env, CPU_TIMES }, timed);
  expect(run.exitCode).toBe(0);
  expect(secondsIn(readFileSync(CPU_TIMES, "utf8"))).toBeLessThan(maxSeconds);
  return { ...readEvidence(run.stdout), run };
}

export async function collected(kind: string, change?: Change): Promise<Collection> {
  return await collectedFrom(planted(kind, change));
}

/** The same under every awk; what they find must not differ. */
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
