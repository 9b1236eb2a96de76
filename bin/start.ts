/**
 * `npm start`: runs the whole audit on this machine. Deploys the synthesized stack into the embedded AWS and fires its
 * schedule.
 */
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sampleSettings, wholeRegion } from "../local-aws/sample-region.ts";
import { type LocalAws, startLocalAws } from "../local-aws/server.ts";
import { synthesize } from "../local-aws/synthesize.ts";
import { tolerateClosedPipes } from "./cli/io.ts";
import { startProgress } from "./cli/progress.ts";
import { screenOf } from "./cli/screen.ts";
import { isWrongOption } from "./cli/wrong-option.ts";
import { playNewNode } from "./start/new-node.ts";
import { type Options, readOptions, usage } from "./start/options.ts";
import { outputOf, type Story, sampleNote } from "./start/picture.ts";
import { type RunSummary, readSummary } from "./start/run-summary.ts";

const couldNotComplete = 2;

tolerateClosedPipes();
try {
  const options = readOptions(process.argv.slice(2));
  if (options.help) console.log(usage);
  else await start(options);
} catch (error) {
  const hint = isWrongOption(error) ? '. Run "npm start -- --help" for the options.' : "";
  console.error(`npm start: ${error instanceof Error ? error.message : error}${hint}`);
  process.exitCode = couldNotComplete;
}

async function start({ runs, ...output }: Options) {
  const progress = startProgress();
  const cdkOut = await mkdtemp(join(tmpdir(), "eks-kubelet-auditor-"));
  let aws: LocalAws | undefined;
  try {
    progress.say("Synthesizing the stack and bundling the function");
    await synthesize(cdkOut, sampleSettings);
    progress.say("Deploying into the embedded AWS");
    aws = await startLocalAws({ home: wholeRegion() });
    aws.deploy(cdkOut);
    const summaries: RunSummary[] = [];
    for (let run = 1; run <= runs; run++) {
      progress.say(runs === 1 ? "Auditing the sample nodes" : `Auditing the sample nodes, run ${run} of ${runs}`);
      summaries.push(readSummary(await aws.fireSchedule()));
    }
    await mkdir("out", { recursive: true });
    await writeFile("out/report.html", withSampleNote(reportIn(aws)));
    await writeJson("out/findings.json", aws.findings());
    const findings = aws.findings();
    progress.say("Launching and terminating a node");
    const newNode = await playNewNode(aws);
    const story: Story = { schemaVersion: 1, runs: summaries, newNode };
    await writeJson("out/summary.json", story);
    progress.stop();
    console.log(outputOf(findings, story, output, screenOf(process.stdout)));
  } finally {
    progress.stop();
    await aws?.close();
    await rm(cdkOut, { recursive: true, force: true });
  }
}

/** The report page that the function stored in its bucket. */
function reportIn({ home }: LocalAws): string {
  const objects = [...home.buckets.values()].flatMap((bucket) => [...bucket.objects]);
  const body = objects.find(([key]) => key.startsWith("reports/"))?.[1].at(-1)?.body;
  if (!body) throw new Error("the function stored no report in its bucket");
  return body.toString();
}

/** The report with a note above its figures, which describe sample nodes. */
function withSampleNote(page: string): string {
  const figures = '<ul id="figures"></ul>';
  if (!page.includes(figures)) throw new Error("the report has no place for figures");
  return page.replace(figures, `<p class="about">${sampleNote}</p>\n${figures}`);
}

function writeJson(path: string, value: unknown) {
  return writeFile(path, `${JSON.stringify(value, null, 2)}\n`);
}
