/**
 * `npm run bench -- --nodes N [--clusters C] [--churn P] [--ssm-rate R] [--fleet] [--json]`: audits synthetic nodes
 * with the deployed function: its bundle, memory and share of a processor. It calls the embedded AWS over HTTP, with
 * AWS's rates, limits and typical latencies. Time is simulated: waits are skipped and added up, computing is measured
 * as CPU time.
 */

import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { rmSync } from "node:fs";
import { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { CreateDocumentCommand, SSMClient } from "@aws-sdk/client-ssm";
import { Command, InvalidArgumentError, Option } from "commander";
import { contentHash } from "../lambda/collect/content-hash.ts";
import type { Summary } from "../lambda/domain/summary.ts";
import { rules } from "../lambda/rules/index.ts";
import { newestBenchmark } from "../lambda/rules/kit/benchmark.ts";
import { severityOf } from "../lambda/rules/kit/picked.ts";
import { collectContent } from "../lib/collect-content.ts";
import type { FromAws, ToAws } from "./scale/aws.ts";
import { assumedSsmRate } from "./scale/aws-times.ts";
import { type DeployedFunction, deployedFunctions, heapLimits, shareOfProcessor } from "./scale/deployed.ts";
import { floorOf } from "./scale/floor.ts";
import type { Invocation, Outcome } from "./scale/handler.ts";
import { troubles as allTroubles, nodesInCluster, type Settings, type Trouble } from "./scale/synthetic-nodes.ts";
import { evidenceOf } from "./stock-evidence.ts";

/** Maximum number of runs for a first audit, which can need several if time runs out. */
const mostRuns = 5;

/** Findings about one node: one for each rule that is on without settings. */
const findingsOfNode = rules.filter((rule) => severityOf(rule, newestBenchmark, {}) !== "off").length;

/** Heap of the process with the embedded AWS in MB. */
const heapOfAws = 12_000;

/**
 * Milliseconds between two runs. An hour later no finding is due for its monthly refresh, so a steady run sends
 * nothing.
 */
const pauseBetweenRuns = 3_600_000;

interface Options {
  nodes: number;
  clusters?: number;
  churn: number;
  ssmRate: number;
  trouble: readonly Trouble[];
  fleet?: true;
  json?: true;
}

const {
  nodes,
  clusters = Math.ceil(nodes / nodesInCluster),
  churn,
  ssmRate,
  trouble: troubles,
  fleet,
  json,
} = new Command("npm run bench --")
  .description("Audits synthetic nodes with the real handler in simulated time, and prints the cost of each run.")
  .option("--nodes <count>", "number of nodes", count, nodesInCluster)
  .option("--clusters <count>", `number of clusters (default: one per ${nodesInCluster} nodes)`, count)
  .option("--churn <percent>", "replace this percentage of the nodes before a third run", percent, 0)
  .option(
    "--ssm-rate <count>",
    "allowed calls per second of each SSM operation (AWS does not publish it)",
    count,
    assumedSsmRate,
  )
  .addOption(
    new Option("--trouble <kind...>", "add these difficulties, and skip the steady run")
      .choices(allTroubles)
      .default([]),
  )
  .option("--fleet", "audit the account-Region in parts, as organization mode does")
  .option("--json", "print one JSON line per run")
  .parse()
  .opts<Options>();

function count(text: string): number {
  if (!/^[1-9]\d*$/.test(text)) throw new InvalidArgumentError("Use a whole number, at least 1.");
  return Number(text);
}

function percent(text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !(value >= 0 && value <= 100))
    throw new InvalidArgumentError("Use a number from 0 to 100.");
  return value;
}

const content = collectContent();
const trees = [
  ["al2023", "Amazon Linux", "2023"],
  ["al2023-dropin", "Amazon Linux", "2023"],
  ["al2023-dropin-bad", "Amazon Linux", "2023"],
  ["al2", "Amazon Linux", "2"],
  ["ubuntu", "Ubuntu", "24.04"],
] as const;
const kinds = await Promise.all(
  trees.map(async ([tree, platformName, platformVersion]) => ({
    prints: await evidenceOf(tree),
    platformName,
    platformVersion,
  })),
);
const settings: Settings = { nodes, clusters, ssmRate, kinds, troubles };

const aws = start("aws", Date.now());
Object.assign(process.env, (await ask({ start: settings })).environment);
const ssm = new SSMClient({});
await ssm.send(new CreateDocumentCommand({ Name: "Bench", Content: JSON.stringify(content), DocumentType: "Command" }));
await ask({ count: true });
Object.assign(process.env, {
  ...(fleet && {
    MEMBER_ROLE: "bench",
    EXTERNAL_ID: "bench",
    REGIONS: '["us-east-1"]',
    ACCOUNTS: '["111122223333"]',
  }),
  DOCUMENT_NAME: "Bench",
  DOCUMENT_SHA256: contentHash(content),
  LEDGER_BUCKET: "ledgers",
  POWERTOOLS_DEV: "false",
});

const functions = await deployedFunctions();
process.once("exit", () => rmSync(functions.directory, { recursive: true, force: true }));
let epoch = Date.now() + 60_000;
if (fleet) await auditInParts();
else await auditWhole();
aws.disconnect();

async function auditWhole(): Promise<void> {
  const firstRuns = troubles.length > 0 ? 1 : mostRuns;
  let left = nodes * findingsOfNode;
  for (let run = 1; run <= firstRuns; run++) {
    const { outcome, summary } = await audit("first", { findings: left });
    left = Math.max(0, left - summary.sent.new);
    if (!isUnfinished(outcome)) break;
  }
  if (troubles.length === 0) await audit("steady", { findings: 0 });
  if (churn > 0) {
    const replaced = Math.round((nodes * churn) / 100);
    await ask({ replace: replaced });
    await audit("churn", { findings: 2 * replaced * findingsOfNode });
  }
}

/** Runs a first audit like the state machine of organization mode: one plan, then one part after the other. */
async function auditInParts(): Promise<void> {
  const place = { account: "111122223333", region: "us-east-1" };
  const plan = await invoke(functions.plan, { step: "parts", ...place });
  if (plan.outcome.error !== undefined) throw new Error(plan.outcome.error);
  const parts = plan.outcome.result as { cluster: string; shard: { index: number; count: number } }[];
  printLine("plan", { nodes, parts: parts.length, ...costOf(plan.outcome, functions.plan) });
  const calls = sumOf((await ask({ count: true })).calls);
  const total = { audited: 0, seconds: plan.outcome.seconds, longestSeconds: 0, memoryMiB: 0, calls };
  for (const part of parts) {
    const { outcome, log } = await invoke(functions.audit, part);
    const { nodes: counted, imported } = summaryIn(log);
    total.audited += counted.audited;
    total.seconds += outcome.seconds;
    total.longestSeconds = Math.max(total.longestSeconds, outcome.seconds);
    total.memoryMiB = Math.max(total.memoryMiB, outcome.memoryMiB);
    const { cluster, shard } = part;
    const name = `${cluster} ${shard.index + 1}/${shard.count}`;
    // No later part reads the findings of this one.
    const { calls } = await ask({ forget: true });
    total.calls += sumOf(calls);
    printLine(`part ${name}`, { audited: counted.audited, imported, ...costOf(outcome, functions.audit) });
    if (outcome.error !== undefined || outcome.seconds * 1_000 > functions.audit.timeout) process.exitCode = 1;
  }
  const { audited, seconds, longestSeconds, memoryMiB } = total;
  printLine("fleet", {
    nodes,
    clusters,
    parts: parts.length,
    audited,
    seconds: round(seconds),
    longestSeconds: round(longestSeconds),
    memoryMiB: round(memoryMiB),
    callsPerNode: round(total.calls / nodes, 4),
    deployedMiB: functions.audit.memory,
  });
  if (audited !== nodes) process.exitCode = 1;
}

/** The summary in the log of a run. A failed run logs one too. */
function summaryIn(log: string): Summary {
  const line = log.split("\n").find((each) => each.includes('"summary":'));
  if (!line) throw new Error(`The log of the run contains no summary:\n${log.slice(0, 2_000)}`);
  return JSON.parse(line).summary;
}

/** Whether time ran out, which is normal in the first audit of many nodes. Any other error fails the benchmark. */
function isUnfinished({ error = "" }: Outcome): boolean {
  return error.includes("Unfinished");
}

/** Audits everything once, and prints the cost of the run. `findings` is the number of findings that it has to send. */
async function audit(run: string, { findings }: { findings: number }): Promise<{ outcome: Outcome; summary: Summary }> {
  const began = epoch;
  const { outcome, log } = await invoke(functions.audit, {});
  const { calls, mostAccepted } = await ask({ count: true });
  const summary = summaryIn(log);
  const floorSeconds = floorOf({ nodes, clusters, findings, ssmRate });
  const total = sumOf(calls);
  printLine(run, {
    nodes,
    clusters,
    ssmRate,
    findings,
    ...costOf(outcome, functions.audit),
    floorSeconds: round(floorSeconds),
    ratio: round(outcome.seconds / floorSeconds, 2),
    callsPerNode: round(total / nodes, 4),
    imported: summary.imported,
    refreshed: summary.sent.refresh,
    ...(mostAccepted !== undefined && { mostImportedSeconds: round((mostAccepted - began) / 1_000) }),
    phases: summary.phases,
    calls,
  });
  if (outcome.error !== undefined && !isUnfinished(outcome) && troubles.length === 0) process.exitCode = 1;
  return { outcome, summary };
}

/** Invokes the function once in a new process. Lambda ends a function that needs more than its memory. */
async function invoke(deployed: DeployedFunction, event: unknown): Promise<{ outcome: Outcome; log: string }> {
  const { module, memory, timeout } = deployed;
  const child = start("handler", epoch, memory);
  child.send({ module, event, timeout } satisfies Invocation);
  const [log, outcome] = await Promise.all([text(child.stdout ?? Readable.from([])), messageOf<Outcome>(child)]);
  epoch += outcome.seconds * 1_000 + pauseBetweenRuns;
  const isKilled = outcome.memoryMiB > memory;
  if (isKilled) process.exitCode = 1;
  return { outcome: isKilled ? { ...outcome, error: `out of memory: ${memory} MiB; ${outcome.error}` } : outcome, log };
}

function costOf({ seconds, cpuSeconds, memoryMiB, error }: Outcome, { memory }: DeployedFunction) {
  return {
    seconds: round(seconds),
    cpuSeconds: round(cpuSeconds, 2),
    memoryMiB: round(memoryMiB),
    deployedMiB: memory,
    ...(error !== undefined && { error }),
  };
}

function start(role: "aws" | "handler", at: number, memory?: number): ChildProcess {
  const share = memory === undefined ? 1 : shareOfProcessor(memory);
  const child = fork(fileURLToPath(new URL(`scale/${role}.ts`, import.meta.url)), {
    env: { ...process.env, BENCH_ROLE: role, BENCH_EPOCH: String(at), BENCH_SHARE: String(share) },
    stdio: ["ignore", role === "handler" ? "pipe" : "inherit", "inherit", "ipc"],
    execArgv: [
      "--import",
      new URL("scale/virtual-time.ts", import.meta.url).href,
      ...(memory === undefined ? [`--max-old-space-size=${heapOfAws}`] : heapLimits(memory)),
    ],
  });
  // Without this, messageOf would wait forever for a process that ended.
  child.once("exit", (code, signal) => {
    if (code !== 0) child.emit("error", new Error(`The process bench/scale/${role}.ts ended with ${signal ?? code}.`));
  });
  return child;
}

async function messageOf<Message>(child: ChildProcess): Promise<Message> {
  const [message] = await once(child, "message");
  return message;
}

function ask(message: ToAws): Promise<FromAws> {
  aws.send(message);
  return messageOf(aws);
}

function printLine(run: string, values: Readonly<Record<string, unknown>>): void {
  if (json) {
    console.log(JSON.stringify({ run, ...values }));
    return;
  }
  console.log(run);
  for (const [name, value] of Object.entries(values))
    console.log(`  ${name.padEnd(20)}${typeof value === "object" && value ? inOneLine(value) : value}`);
}

function inOneLine(values: object): string {
  return Object.entries(values)
    .map(([name, value]) => `${name} ${value}`)
    .join(", ");
}

function sumOf(calls: FromAws["calls"]): number {
  return Object.values(calls).reduce((sum, each) => sum + each, 0);
}

function round(value: number, digits = 1): number {
  return Number(value.toFixed(digits));
}
