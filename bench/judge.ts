/**
 * `npm run bench:judge`: measures how many nodes are judged in a second of CPU time, and the heap that the verdicts of
 * many nodes need. Judging starts with the text that SSM returns and ends with all verdicts. CPU time includes the
 * garbage collector's threads, so that a busy machine changes the numbers little.
 */

import { readFileSync } from "node:fs";
import type { Cluster, Node } from "../lambda/domain/node.ts";
import { readEvidence } from "../lambda/evidence/evidence.ts";
import { type JudgeInput, judgeNode } from "../lambda/judge/judge-node.ts";
import { startJudgeThread } from "../lambda/judge/judge-thread.ts";
import { theKubelet } from "../lambda/kubelet/process.ts";
import { resolve } from "../lambda/kubelet/resolve.ts";
import { evidenceOf, fromNode } from "./stock-evidence.ts";

/**
 * Number of nodes of each kind among 20. The shares are an assumption, because AWS publishes none.
 */
const mix = {
  al2023: 6,
  "al2023-dropin": 4,
  "al2023-dropin-bad": 1,
  "al2023-wrong-ca": 1,
  al2: 2,
  "bottlerocket-control": 2,
  hybrid: 1,
  "self-managed-flags": 1,
  ubuntu: 1,
  windows: 1,
} as const;

/**
 * Nodes of a measurement, and measurements of a row. V8 compiles the code of a new thread step by step during the first
 * ten thousand nodes, longer on a busy machine. So a row shows the first measurement and the fastest one.
 */
const measured = 1_000;
const measurements = { mix: 24, kind: 8 };

const described = new URL("../local-aws/nodes/aws/describe-cluster.json", import.meta.url);
const { cluster: sample } = JSON.parse(readFileSync(described, "utf8"));
const cluster: Cluster = { ...sample, certificateAuthority: sample.certificateAuthority.data, autoMode: false };
const now = Date.now() / 1000;

const kinds = await Promise.all(
  Object.entries(mix).map(async ([kind, count]) => ({ kind, count, output: await evidenceOf(kind) })),
);
const mixed = kinds.flatMap(({ count, output }) => Array.from({ length: count }, () => output));

/**
 * Number of nodes so far. Each node of the benchmark has its own number, so that no measurement uses data that an
 * earlier one has left in memory.
 */
let nodes = 0;
function nodesWith(outputs: readonly string[], ownConfiguration = false): JudgeInput[] {
  return Array.from({ length: measured }, (_, index) => {
    const output = fromNode(outputs[index % outputs.length] ?? "", ++nodes, ownConfiguration);
    return { collected: { output }, node: nodeOf(nodes), cluster, now, rules: {} };
  });
}

function nodeOf(number: number): Node {
  const instanceId = `i-${number.toString(16).padStart(17, "0")}`;
  return {
    instanceId,
    arn: `arn:aws:ec2:us-east-1:111122223333:instance/${instanceId}`,
    cluster: cluster.name,
    group: { kind: "managed node group", name: "general" },
    os: "linux",
    architecture: "x86_64",
    instanceType: "m7i.large",
    imageId: "ami-0f1e2d3c4b5a69788",
    vpcId: "vpc-0a1b2c3d4e5f60718",
    subnetId: "subnet-0a1b2c3d4e5f60718",
    launchedAt: "2026-10-01T00:00:00Z",
    tags: { Name: "general", "eks:cluster-name": cluster.name, "eks:nodegroup-name": "general" },
  };
}

const judgeHere = (inputs: readonly JudgeInput[]) => {
  for (const input of inputs) judgeNode(input);
};
for (const ownConfiguration of [false, true]) {
  const what = `the mix, ${ownConfiguration ? "every node with its own configuration" : "one configuration per group"}`;
  await using thread = startJudgeThread();
  const never = new AbortController().signal;
  const inThread = (inputs: readonly JudgeInput[]) => thread.judge(inputs, never);
  const prepare = () => nodesWith(mixed, ownConfiguration);
  await report(`${what}, in a worker thread, as in the function`, prepare, inThread, measurements.mix);
  await report(`${what}, without a thread`, prepare, judgeHere, measurements.mix);
}
for (const { kind, output } of kinds) await report(kind, () => nodesWith([output]), judgeHere);
await reportSteps(kinds[0]?.output ?? "");
reportHeap();

async function report<T>(
  what: string,
  prepare: () => T,
  step: (prepared: T) => unknown,
  times = measurements.kind,
): Promise<void> {
  // Prepared in advance, so that no measurement collects the garbage of the preparation.
  const all = Array.from({ length: times }, prepare);
  global.gc?.();
  const each: number[] = [];
  for (const prepared of all) {
    const before = process.cpuUsage();
    await step(prepared);
    const { user, system } = process.cpuUsage(before);
    each.push((user + system) / measured);
  }
  const [first = 0, least] = [each[0], Math.min(...each)];
  const rate = Math.round(1e6 / least).toLocaleString("en");
  console.log(
    `${what}: ${rate} nodes a CPU second, ${least.toFixed(0)} µs each (first thousand: ${first.toFixed(0)} µs)`,
  );
}

async function reportSteps(output: string): Promise<void> {
  const outputs = () => Array.from({ length: measured }, () => fromNode(output, ++nodes));
  const found = () =>
    outputs().map((one) => {
      const evidence = readEvidence(one);
      const kubelet = theKubelet(evidence);
      if (!("process" in kubelet)) throw new Error(kubelet.unreadable.because);
      return { evidence, kubelet: kubelet.process };
    });
  await report("of al2023: evidence read", outputs, (all) => {
    for (const one of all) readEvidence(one);
  });
  await report("of al2023: configuration resolved", found, (all) => {
    for (const { evidence, kubelet } of all) resolve(evidence, kubelet);
  });
}

function reportHeap(): void {
  const batch = nodesWith(mixed);
  global.gc?.();
  const before = process.memoryUsage().heapUsed;
  const kept = batch.map((input) => judgeNode(input));
  global.gc?.();
  const bytes = (process.memoryUsage().heapUsed - before) / kept.length;
  console.log(`heap per judged node: ${(bytes / 1024).toFixed(1)} KiB`);
}
