/**
 * `npm run bench -- --nodes N [--clusters C] [--churn P] [--json]`: audits a synthetic fleet through the real handler, which
 * talks HTTP to the embedded AWS with AWS's rates, limits and usual latencies. Time is simulated: waiting is skipped and
 * counted, computing is measured as CPU time.
 */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { CreateDocumentCommand, SSMClient } from "@aws-sdk/client-ssm";
import { contentHash } from "../lambda/content-hash.ts";
import type { Summary } from "../lambda/summary.ts";
import { collectContent } from "../lib/collect-content.ts";
import type { FromAws, ToAws } from "./scale/aws.ts";
import { floorOf } from "./scale/floor.ts";
import type { Outcome } from "./scale/handler.ts";
import type { Settings } from "./scale/synthetic-fleet.ts";
import { evidenceOf } from "./stock-evidence.ts";

/** Nodes of a cluster, unless told otherwise. */
const usualCluster = 1_000;

/** Runs after which a first audit that time ran out for is given up. */
const mostRuns = 5;

/** MB of heap that the function's process may have: as much as Lambda gives it in all. */
const heapMB = 512;

const { values } = parseArgs({
  options: {
    nodes: { type: "string", default: "1000" },
    clusters: { type: "string" },
    churn: { type: "string", default: "0" },
    json: { type: "boolean", default: false },
  },
});
const [nodes, churn] = [positive("nodes", values.nodes), Number(values.churn)];
const clusters = positive("clusters", values.clusters ?? String(Math.ceil(nodes / usualCluster)));

function positive(name: string, text: string): number {
  if (!/^[1-9]\d*$/.test(text)) throw new RangeError(`--${name} ${text}: it has to be a whole number, 1 at least`);
  return Number(text);
}

const content = collectContent();
const kinds = [
  { prints: await evidenceOf("al2023"), platformName: "Amazon Linux", platformVersion: "2023" },
  { prints: await evidenceOf("al2023-dropin"), platformName: "Amazon Linux", platformVersion: "2023" },
  { prints: await evidenceOf("al2023-dropin-bad"), platformName: "Amazon Linux", platformVersion: "2023" },
  { prints: await evidenceOf("al2"), platformName: "Amazon Linux", platformVersion: "2" },
  { prints: await evidenceOf("ubuntu"), platformName: "Ubuntu", platformVersion: "24.04" },
];
const settings: Settings = { nodes, clusters, kinds };

const aws = start("aws", process.env, Date.now());
const { environment } = (await ask(aws, { start: settings })) as Extract<FromAws, { environment: unknown }>;
Object.assign(process.env, environment);
const ssm = new SSMClient({});
await ssm.send(new CreateDocumentCommand({ Name: "Bench", Content: JSON.stringify(content), DocumentType: "Command" }));
await ask(aws, { count: true });

let epoch = Date.now() + 60_000;
for (let run = 1; run <= mostRuns; run++) {
  const { error } = await audit("first");
  if (!error?.includes("Unfinished")) break;
}
await audit("steady");
if (churn > 0) {
  await ask(aws, { replace: Math.round((nodes * churn) / 100) });
  await audit("churn");
}
aws.kill();

/** What the run logged of itself, though it may have failed in the end. */
function summaryIn(log: string): Summary {
  const line = log.split("\n").find((each) => each.includes('"summary":'));
  if (!line) throw new Error(`the run has no summary:\n${log.slice(0, 2_000)}`);
  return JSON.parse(line).summary;
}

/** One run of the handler, right after the one before, and what it took. */
async function audit(run: string): Promise<Outcome & { summary: Summary }> {
  const child = start(
    "handler",
    {
      ...process.env,
      ...environment,
      DOCUMENT_NAME: "Bench",
      DOCUMENT_SHA256: contentHash(content),
      LEDGER_BUCKET: "ledgers",
      POWERTOOLS_DEV: "false",
    },
    epoch,
  );
  const [log, [outcome]] = await Promise.all([
    text(child.stdout ?? Readable.from([])),
    once(child, "message") as Promise<[Outcome]>,
  ]);
  epoch += (outcome.seconds + 1) * 1_000;
  const { calls } = (await ask(aws, { count: true })) as Extract<FromAws, { calls: unknown }>;
  const summary = summaryIn(log);
  tell(run, outcome, summary, calls);
  return { ...outcome, summary };
}

function start(role: "aws" | "handler", env: NodeJS.ProcessEnv, at: number): ChildProcess {
  return fork(fileURLToPath(new URL(`scale/${role}.ts`, import.meta.url)), {
    env: { ...env, BENCH_ROLE: role, BENCH_EPOCH: String(at) },
    stdio: ["ignore", role === "handler" ? "pipe" : "inherit", "inherit", "ipc"],
    execArgv: [
      "--import",
      new URL("scale/virtual-time.ts", import.meta.url).href,
      ...(role === "handler" ? [`--max-old-space-size=${heapMB}`] : ["--max-old-space-size=8000"]),
    ],
  });
}

async function ask(child: ChildProcess, message: ToAws): Promise<FromAws> {
  child.send(message);
  const [reply] = (await once(child, "message")) as [FromAws];
  return reply;
}

function tell(run: string, outcome: Outcome, summary: Summary, calls: Record<string, number>): void {
  const { error, seconds, cpuSeconds, peakHeapMB, peakMemoryMB } = outcome;
  const floor = floorOf(calls);
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
  if (values.json) {
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
