/**
 * `npm run bench:judge`: how many nodes are judged in a second of CPU time, from the text that SSM returns to all verdicts,
 * and the heap that the verdicts of many nodes take. CPU time includes the garbage collector's threads, so that a
 * busy machine changes the numbers little.
 */

import { readEvidence } from "../lambda/evidence/evidence.ts";
import { type JudgeInput, judgeNode } from "../lambda/judge/judge-node.ts";
import { startJudgeThread } from "../lambda/judge/judge-thread.ts";
import { theKubelet } from "../lambda/kubelet/process.ts";
import { resolve } from "../lambda/kubelet/resolve.ts";
import { evidenceOf } from "./stock-evidence.ts";

/** Nodes of each kind in a mix of 20: an assumption, AWS publishes no shares. */
const mix = {
  al2023: 8,
  "al2023-dropin": 3,
  "al2023-dropin-bad": 1,
  al2: 2,
  ubuntu: 2,
  bottlerocket: 2,
  "self-managed-flags": 1,
  hybrid: 1,
} as const;

/** Nodes of a measurement. The first of a series compile the code; of the others the least disturbed counts. */
const measured = 1_000;
const measurements = 5;

const cluster = { version: "1.34" };
const now = Date.now() / 1000;

const kinds = await Promise.all(
  Object.entries(mix).map(async ([kind, count]) => ({ kind, count, output: await evidenceOf(kind) })),
);
const inputOf = (output: string): JudgeInput => ({ collected: { output }, cluster, now });
const mixed = kinds.flatMap(({ count, output }) => Array.from({ length: count }, () => inputOf(output)));
const batch = Array.from({ length: measured / mixed.length }, () => mixed).flat();

{
  await using thread = startJudgeThread();
  const never = new AbortController().signal;
  await report("the mix, as the function does it, in a thread of its own", () => thread.judge(batch, never));
}
await report("the mix, without a thread", () => batch.map((input) => judgeNode(input)));
for (const { kind, output } of kinds) await report(kind, () => batch.map(() => judgeNode(inputOf(output))));
await reportSteps(kinds[0]?.output ?? "");
reportHeap();

async function report(what: string, step: () => unknown): Promise<void> {
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0; i < measurements; i++) {
    const before = process.cpuUsage();
    await step();
    const { user, system } = process.cpuUsage(before);
    least = Math.min(least, user + system);
  }
  const each = least / measured;
  console.log(`${what}: ${Math.round(1e6 / each).toLocaleString("en")} nodes a CPU second, ${each.toFixed(0)} µs each`);
}

async function reportSteps(output: string): Promise<void> {
  const evidence = readEvidence(output);
  const found = theKubelet(evidence);
  if (!("process" in found)) throw new Error(found.unreadable.because);
  const kubelet = found.process;
  await report("of al2023: evidence read", () => batch.map(() => readEvidence(output)));
  await report("of al2023: configuration resolved", () => batch.map(() => resolve(evidence, kubelet)));
}

function reportHeap(): void {
  global.gc?.();
  const before = process.memoryUsage().heapUsed;
  const kept = batch.map((input) => judgeNode(input));
  global.gc?.();
  const bytes = (process.memoryUsage().heapUsed - before) / kept.length;
  console.log(`heap per judged node: ${(bytes / 1024).toFixed(1)} KiB`);
}
