/**
 * `npm run bench:judge`: measures how many nodes one core judges per second, from the text that SSM returns to the
 * verdicts,
 * and the heap per judged node. The evidence is the collector's output on a stock AL2023 node.
 */

import { readEvidence } from "../lambda/evidence/evidence.ts";
import { judgeNode } from "../lambda/judge/judge-node.ts";
import { startJudgeThread } from "../lambda/judge/judge-thread.ts";
import { theKubelet } from "../lambda/kubelet/process.ts";
import { resolve } from "../lambda/kubelet/resolve.ts";
import { evidenceOf } from "./stock-evidence.ts";

/** Number of judgements before the measurement, so that the code is compiled, and during it. */
const warmUp = 3_000;
const measured = 20_000;

const output = await evidenceOf("al2023");
const now = Date.now() / 1000;
const evidence = readEvidence(output);
const found = theKubelet(evidence);
if (!("process" in found)) throw new Error(found.unreadable.because);
const { process: kubelet } = found;

report("evidence read", () => readEvidence(output));
report("configuration resolved", () => resolve(evidence, kubelet));
report("node judged, from evidence to verdicts", () =>
  judgeNode({ collected: { output }, cluster: { version: "1.34" }, now }),
);
await reportThread();
reportHeap(() => judgeNode({ collected: { output }, cluster: { version: "1.34" }, now }));

function report(what: string, step: () => unknown): void {
  for (let i = 0; i < warmUp; i++) step();
  const started = performance.now();
  for (let i = 0; i < measured; i++) step();
  const milliseconds = performance.now() - started;
  console.log(`${what}: ${perSecond(milliseconds)}`);
}

/** Nodes per second and time per node, given the milliseconds for all measured nodes. */
function perSecond(milliseconds: number): string {
  const nodes = Math.round(measured / (milliseconds / 1000));
  return `${nodes.toLocaleString("en")} per second, ${((1000 * milliseconds) / measured).toFixed(0)} µs each`;
}

/** Measures the worker thread that the function uses: it receives batches of nodes and returns verdicts. */
async function reportThread(): Promise<void> {
  await using thread = startJudgeThread();
  const batch = Array.from({ length: 1_000 }, () => ({ collected: { output }, cluster: { version: "1.34" }, now }));
  const step = () => thread.judge(batch, new AbortController().signal);
  for (let i = 0; i < warmUp; i += batch.length) await step();
  const before = process.memoryUsage().rss;
  const started = performance.now();
  for (let i = 0; i < measured; i += batch.length) await step();
  const milliseconds = performance.now() - started;
  console.log(`node judged in the worker thread: ${perSecond(milliseconds)}`);
  console.log(`memory of the process: ${Math.round(before / 2 ** 20)} MiB`);
}

function reportHeap(step: () => unknown): void {
  global.gc?.();
  const before = process.memoryUsage().heapUsed;
  const kept = Array.from({ length: measured }, step);
  global.gc?.();
  const bytes = (process.memoryUsage().heapUsed - before) / kept.length;
  console.log(`heap per judged node: ${(bytes / 1024).toFixed(1)} KiB`);
}
