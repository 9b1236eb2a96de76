/** `npm start`: the whole audit on this machine. Deploys the synthesized stack into the embedded AWS and fires its schedule. */
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { sampleSettings, wholeFleet } from "../local-aws/sample-fleet.ts";
import { type LocalAws, startLocalAws } from "../local-aws/server.ts";
import { synthesize } from "../local-aws/synthesize.ts";
import { startProgress } from "./cli/progress.ts";
import { screenOf } from "./cli/screen.ts";
import { pictureOf } from "./start/picture.ts";
import { type RunSummary, readSummary } from "./start/run-summary.ts";

const usage = `Usage: npm start [-- options]

Audits a sample fleet in an AWS that lives in this process: no account, no network.
Writes out/report.html (to look at), out/findings.json (what Security Hub then holds) and out/summary.json.

  --runs N   fire the schedule N times in a row
  --calls    list the requests to AWS as well
  --json     print the summary alone
  --help     print this

Exit code: 0 every run completed, 2 one could not.`;

const couldNotComplete = 2;

try {
  const { values } = parseArgs({
    options: {
      runs: { type: "string", default: "1" },
      calls: { type: "boolean", default: false },
      json: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) console.log(usage);
  else await start(readRuns(values.runs), values);
} catch (error) {
  console.error(`npm start: ${error instanceof Error ? error.message : error}`);
  process.exitCode = couldNotComplete;
}

function readRuns(text: string): number {
  if (/^[1-9]\d{0,3}$/.test(text)) return Number(text);
  throw new Error(`--runs takes a whole number from 1 to 9999, not ${JSON.stringify(text)}`);
}

async function start(runs: number, { json, calls }: { json: boolean; calls: boolean }) {
  const progress = startProgress();
  const cdkOut = await mkdtemp(join(tmpdir(), "eks-kubelet-auditor-"));
  let aws: LocalAws | undefined;
  try {
    progress.say("Synthesizing the stack and bundling the function");
    await synthesize(cdkOut, sampleSettings);
    progress.say("Deploying into the embedded AWS");
    aws = await startLocalAws({ fleet: wholeFleet() });
    aws.deploy(cdkOut);
    const summaries: RunSummary[] = [];
    for (let run = 1; run <= runs; run++) {
      progress.say(runs === 1 ? "Auditing the fleet" : `Auditing the fleet, run ${run} of ${runs}`);
      summaries.push(readSummary(await aws.fireSchedule()));
    }
    await mkdir("out", { recursive: true });
    await writeFile("out/report.html", reportIn(aws));
    await writeJson("out/findings.json", aws.findings());
    await writeJson("out/summary.json", { runs: summaries });
    progress.stop();
    const picture = () => pictureOf(aws?.findings() ?? [], summaries, calls, screenOf(process.stdout));
    console.log(json ? JSON.stringify({ runs: summaries }, null, 2) : picture());
  } finally {
    progress.stop();
    await aws?.close();
    await rm(cdkOut, { recursive: true, force: true });
  }
}

/** The page that the function left in its bucket. */
function reportIn({ fleet }: LocalAws): Buffer {
  const objects = [...fleet.buckets.values()].flatMap((bucket) => [...bucket.objects]);
  const body = objects.find(([key]) => key.startsWith("reports/"))?.[1].at(-1)?.body;
  if (!body) throw new Error("the function left no report");
  return body;
}

function writeJson(path: string, value: unknown) {
  return writeFile(path, `${JSON.stringify(value, null, 2)}\n`);
}
