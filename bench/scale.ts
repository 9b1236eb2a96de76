/**
 * `npm run bench -- --nodes N [--clusters C] [--churn P] [--ssm-rate R] [--json]`: audits synthetic nodes with the real
 * handler. The
 * handler calls the embedded AWS over HTTP, with AWS's rates, limits and typical latencies. Time is simulated: waits
 * are
 * skipped and added up, computing is measured as CPU time.
 */

import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { CreateDocumentCommand, SSMClient } from "@aws-sdk/client-ssm";
import { Command, InvalidArgumentError, Option } from "commander";
import { contentHash } from "../lambda/collect/content-hash.ts";
import type { Summary } from "../lambda/domain/summary.ts";
import { collectContent } from "../lib/collect-content.ts";
import type { FromAws, ToAws } from "./scale/aws.ts";
import { assumedSsmRate, rateOf } from "./scale/aws-times.ts";
import { floorOf } from "./scale/floor.ts";
import type { Outcome } from "./scale/handler.ts";
import { troubles as allTroubles, type Settings, type Trouble } from "./scale/synthetic-fleet.ts";
import { evidenceOf } from "./stock-evidence.ts";

/** Default number of nodes in a cluster. */
const usualCluster = 1_000;

/** Maximum number of runs for a first audit, which can need several if time runs out. */
const mostRuns = 5;

/** Maximum heap of the function's process in MB: half of the memory in lib/audit-function.ts. */
const heapMB = 512;

interface Options {
  nodes: number;
  clusters?: number;
  churn: number;
  ssmRate: number;
  trouble: readonly Trouble[];
  json?: true;
}

const {
  nodes,
  clusters = Math.ceil(nodes / usualCluster),
  churn,
  ssmRate,
  trouble: troubles,
  json,
} = new Command("npm run bench --")
  .description("Audits synthetic nodes with the real handler in simulated time, and prints the cost of each run.")
  .option("--nodes <count>", "number of nodes", count, usualCluster)
  .option("--clusters <count>", `number of clusters (default: one per ${usualCluster} nodes)`, count)
  .option("--churn <percent>", "replace this percentage of the nodes before a third run", percent, 0)
  .option(
    "--ssm-rate <count>",
    "allowed calls per second of each SSM operation (AWS does not publish it)",
    count,
    assumedSsmRate,
  )
  .addOption(
    new Option("--trouble <kind...>", "let one run meet these, and print no other run")
      .choices(allTroubles)
      .default([]),
  )
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
  DOCUMENT_NAME: "Bench",
  DOCUMENT_SHA256: contentHash(content),
  LEDGER_BUCKET: "ledgers",
  POWERTOOLS_DEV: "false",
});

let epoch = Date.now() + 60_000;
const firstRuns = troubles.length > 0 ? 1 : mostRuns;
for (let run = 1; run <= firstRuns; run++) if (!isUnfinished(await audit("first"))) break;
if (troubles.length === 0) await audit("steady");
if (churn > 0) {
  await ask({ replace: Math.round((nodes * churn) / 100) });
  await audit("churn");
}
aws.disconnect();

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

/** Runs the handler one simulated second after the previous run, and prints its cost. */
async function audit(run: string): Promise<Outcome> {
  const began = epoch;
  const child = start("handler", began);
  const [log, outcome] = await Promise.all([text(child.stdout ?? Readable.from([])), messageOf<Outcome>(child)]);
  epoch += (outcome.seconds + 1) * 1_000;
  const { calls, mostAccepted } = await ask({ count: true });
  const mostSent = mostAccepted === undefined ? undefined : (mostAccepted - began) / 1_000;
  print(run, { ...outcome, ...(mostSent !== undefined && { mostSent }) }, summaryIn(log), calls);
  if (outcome.error !== undefined && !isUnfinished(outcome) && troubles.length === 0) process.exitCode = 1;
  return outcome;
}

function start(role: "aws" | "handler", at: number): ChildProcess {
  const child = fork(fileURLToPath(new URL(`scale/${role}.ts`, import.meta.url)), {
    env: { ...process.env, BENCH_ROLE: role, BENCH_EPOCH: String(at) },
    stdio: ["ignore", role === "handler" ? "pipe" : "inherit", "inherit", "ipc"],
    execArgv: [
      "--import",
      new URL("scale/virtual-time.ts", import.meta.url).href,
      `--max-old-space-size=${role === "handler" ? heapMB : 8_000}`,
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

interface Cost extends Outcome {
  /** Seconds after which Security Hub had most findings. */
  mostSent?: number;
}

function print(run: string, outcome: Cost, summary: Summary, calls: Record<string, number>): void {
  const { error, seconds, cpuSeconds, peakHeapMB, peakMemoryMB, mostSent } = outcome;
  const floor = floorOf(calls, rateOf(ssmRate));
  const total = Object.values(calls).reduce((sum, count) => sum + count, 0);
  const result = {
    run,
    nodes,
    clusters,
    simulatedSeconds: round(seconds),
    floorSeconds: round(floor.seconds),
    ratioToFloor: round(seconds / floor.seconds, 2),
    rateSeconds: round(floor.rateSeconds),
    rateOf: floor.operation,
    phases: summary.phases,
    calls,
    callsPerNode: round(total / nodes, 4),
    peakHeapMB: round(peakHeapMB),
    peakMemoryMB: round(peakMemoryMB),
    cpuSeconds: round(cpuSeconds, 2),
    imported: summary.imported,
    ...(mostSent !== undefined && { mostImportedSeconds: round(mostSent) }),
    refreshed: summary.sent.refresh,
    ...(error !== undefined && { error }),
  };
  if (json) {
    console.log(JSON.stringify(result));
    return;
  }
  console.log(`${run} run, ${nodes} nodes in ${clusters} clusters`);
  for (const [name, value] of Object.entries(result).slice(3))
    console.log(`  ${name.padEnd(18)}${typeof value === "object" ? inOneLine(value) : value}`);
}

function inOneLine(values: Record<string, number>): string {
  return Object.entries(values)
    .map(([name, value]) => `${name} ${value}`)
    .join(", ");
}

function round(value: number, digits = 1): number {
  return Number(value.toFixed(digits));
}
