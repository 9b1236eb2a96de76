/**
 * `npm run bench -- --nodes N [--clusters C] [--churn P] [--ssm-rate R] [--json]`: audits a synthetic fleet through the real handler, which
 * talks HTTP to the embedded AWS with AWS's rates, limits and usual latencies. Time is simulated: waiting is skipped and
 * counted, computing is measured as CPU time.
 */

import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { CreateDocumentCommand, SSMClient } from "@aws-sdk/client-ssm";
import { Command, InvalidArgumentError } from "commander";
import { contentHash } from "../lambda/collect/content-hash.ts";
import type { Summary } from "../lambda/domain/summary.ts";
import { collectContent } from "../lib/collect-content.ts";
import type { FromAws, ToAws } from "./scale/aws.ts";
import { assumedSsmRate, rateOf } from "./scale/aws-times.ts";
import { floorOf } from "./scale/floor.ts";
import type { Outcome } from "./scale/handler.ts";
import type { Settings } from "./scale/synthetic-fleet.ts";
import { evidenceOf } from "./stock-evidence.ts";

/** Nodes of a cluster, unless told otherwise. */
const usualCluster = 1_000;

/** Runs after which a first audit that time ran out for is given up. */
const mostRuns = 5;

/** MB of heap that the function's process may have: half of the memory that lib/audit-function.ts asks for. */
const heapMB = 512;

interface Options {
  nodes: number;
  clusters?: number;
  churn: number;
  ssmRate: number;
  json?: true;
}

const {
  nodes,
  clusters = Math.ceil(nodes / usualCluster),
  churn,
  ssmRate,
  json,
} = new Command("npm run bench --")
  .description("Audits a synthetic fleet through the real handler in simulated time, and tells what each run took.")
  .option("--nodes <count>", "nodes of the fleet", count, usualCluster)
  .option("--clusters <count>", `clusters that they are in (default: one for ${usualCluster} nodes)`, count)
  .option("--churn <percent>", "so many of the nodes are replaced, and then there is a third run", percent, 0)
  .option(
    "--ssm-rate <count>",
    "calls a second of each SSM operation, which AWS does not publish",
    count,
    assumedSsmRate,
  )
  .option("--json", "one line a run")
  .parse()
  .opts<Options>();

function count(text: string): number {
  if (!/^[1-9]\d*$/.test(text)) throw new InvalidArgumentError("It has to be a whole number, 1 at least.");
  return Number(text);
}

function percent(text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !(value >= 0 && value <= 100))
    throw new InvalidArgumentError("It has to be a number from 0 to 100.");
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
const settings: Settings = { nodes, clusters, ssmRate, kinds };

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
for (let run = 1; run <= mostRuns; run++) if (!isUnfinished(await audit("first"))) break;
await audit("steady");
if (churn > 0) {
  await ask({ replace: Math.round((nodes * churn) / 100) });
  await audit("churn");
}
aws.disconnect();

/** What the run logged of itself, though it may have failed in the end. */
function summaryIn(log: string): Summary {
  const line = log.split("\n").find((each) => each.includes('"summary":'));
  if (!line) throw new Error(`the run has no summary:\n${log.slice(0, 2_000)}`);
  return JSON.parse(line).summary;
}

/** Time ran out, which a first audit of many nodes allows for; every other error of a run is one of the benchmark. */
function isUnfinished({ error = "" }: Outcome): boolean {
  return error.includes("Unfinished");
}

/** One run of the handler, right after the one before, and what it took. */
async function audit(run: string): Promise<Outcome> {
  const child = start("handler", epoch);
  const [log, outcome] = await Promise.all([text(child.stdout ?? Readable.from([])), messageOf<Outcome>(child)]);
  epoch += (outcome.seconds + 1) * 1_000;
  const { calls } = await ask({ count: true });
  tell(run, outcome, summaryIn(log), calls);
  if (outcome.error !== undefined && !isUnfinished(outcome)) process.exitCode = 1;
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
  // Whoever waits for its message learns that none will come.
  child.once("exit", (code, signal) => {
    if (code !== 0) child.emit("error", new Error(`the process of the ${role} has ended with ${signal ?? code}`));
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

function tell(run: string, outcome: Outcome, summary: Summary, calls: Record<string, number>): void {
  const { error, seconds, cpuSeconds, peakHeapMB, peakMemoryMB } = outcome;
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
