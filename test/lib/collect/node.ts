import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";
import { type Evidence, readEvidence } from "../../../lambda/kubelet/evidence.ts";
import { type Change, type CollectorRun, plantNode, runCollector } from "../../../local-aws/node-tree.ts";

export const script = fileURLToPath(new URL("../../../lib/collect/collect.sh", import.meta.url));

/** The shells a node may have, as far as this machine has them; CI has all. */
export const shells = ([["dash"], ["bash"], ["busybox", "sh"]] as const).filter(
  ([name]) => spawnSync(name, ["-c", ":"]).error === undefined,
);

/** A directory that is gone after the test. */
export function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), "collect-"));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

export function planted(kind: string, change?: Change): string {
  const root = temporaryDirectory();
  plantNode(kind, root, change);
  return root;
}

/** What the collector finds on a node, having ended well and in time. */
export async function collected(kind: string, change?: Change): Promise<Evidence & { run: CollectorRun }> {
  const run = await runCollector(script, planted(kind, change));
  if (run.exitCode !== 0) throw new Error(`exit code ${run.exitCode}`);
  return { ...readEvidence(run.stdout), run };
}
