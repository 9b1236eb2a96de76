import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { audit } from "../../lambda/audit.ts";
import { createClients } from "../../lambda/aws/clients.ts";
import { storeReport } from "../../lambda/aws/report-store.ts";
import { readConfig } from "../../lambda/config.ts";
import type { Summary } from "../../lambda/domain/summary.ts";
import { keepReport } from "../../lambda/report/kept-report.ts";
import { limitsOf } from "../../lambda/run/deadline.ts";
import { RunFailedError } from "../../lambda/run/errors.ts";
import type { EmbeddedNode, InitialRegion } from "../../local-aws/initial-region.ts";
import { plantNode, runCollector } from "../../local-aws/node-tree.ts";
import { sampleRegion } from "../../local-aws/sample-region.ts";
import { type LocalAws, startLocalAws } from "../../local-aws/server.ts";
import { type Fault, unthrottled } from "../../local-aws/traffic.ts";
import { cdkOutOf } from "../kit/cdk-out.ts";
import { collectorFile } from "../kit/collector-file.ts";
import { withEnvironment } from "../kit/environments.ts";
import { type Beginning, beginningsAfter, changed, holdingsOf } from "./beginnings.ts";

/** The outcome of a run: the findings in Security Hub after it, and its error if it failed. */
export interface Outcome {
  standing: Record<string, string>;
  failure?: string;
  summary: Summary;
  /** Milliseconds between the summary and the end that Lambda sets for the function. */
  spare: number;
}

export interface Stage {
  /** Runs the audit from this beginning with these faults, and then once without faults. */
  play(beginning: Beginning, faults: readonly Fault[]): Promise<{ spoilt: Outcome; next: Outcome }>;
}

const place = { partition: "aws", region: sampleRegion().region, account: sampleRegion().account };

const isPlayed = new Set([
  changed,
  "i-0c34d56e78f90a123",
  "i-0a3b4c5d6e7f8091a",
  "i-04d5e6f708192a3b4",
  "i-0708192a3b4c5d6e7",
]);

/** Deploys the stack once and keeps the data of each beginning. Every cell then gets its own embedded AWS. */
export async function setStage(): Promise<Stage> {
  const cdkOut = await cdkOutOf("sample");
  const evidence = await printedBy(["al2023", "al2023-dropin-bad"]);
  const home = () => played(evidence);

  const before = await deployed(cdkOut, home());
  await runOnce(before);
  const first = holdingsOf(before);
  breakNode(before, evidence);
  before.clock.advance(hour);
  await runOnce(before);
  const beginnings = beginningsAfter(first, holdingsOf(before), (aws) => breakNode(aws, evidence));
  await before.close();

  return {
    async play(beginning, faults) {
      const aws = await deployed(cdkOut, home());
      try {
        aws.clock.advance(2 * hour);
        beginnings[beginning](aws);
        aws.faults.push(...faults);
        const spoilt = await runOnce(aws);
        aws.faults.length = 0;
        aws.clock.advance(hour);
        return { spoilt, next: await runOnce(aws) };
      } finally {
        await aws.close();
      }
    },
  };
}

const hour = 3_600_000;

function breakNode(aws: LocalAws, evidence: Readonly<Record<string, string>>): void {
  Object.assign(aws.node(changed), { behaviour: { prints: evidence["al2023-dropin-bad"] } });
}

/**
 * Five nodes of the sample account-Region with prepared evidence. The evidence of one is longer than a list of invocations
 * returns.
 */
function played(evidence: Readonly<Record<string, string>>): InitialRegion {
  const sample = sampleRegion();
  const nodes = sample.nodes
    .filter(({ id }) => isPlayed.has(id))
    .map((node): EmbeddedNode => {
      const stock = evidence.al2023 ?? "";
      const prints = node.id === "i-0a3b4c5d6e7f8091a" ? stock + " ".repeat(3_000) : stock;
      return { ...node, behaviour: { prints } };
    });
  return { ...sample, nodes };
}

async function printedBy(kinds: readonly string[]): Promise<Record<string, string>> {
  const collector = collectorFile();
  const printed: Record<string, string> = {};
  for (const kind of kinds) {
    const root = mkdtempSync(join(tmpdir(), "node-"));
    plantNode(kind, root);
    printed[kind] = (await runCollector(collector, root)).stdout;
    rmSync(root, { recursive: true });
  }
  return printed;
}

async function deployed(cdkOut: string, home: InitialRegion): Promise<LocalAws> {
  const aws = await startLocalAws({
    home,
    pace: { timeoutSecond: 5, delivery: 5, consistency: 50 },
    rates: unthrottled,
  });
  aws.deploy(cdkOut);
  return aws;
}

/** Milliseconds of Lambda's time limit. */
const limit = 900_000;

/**
 * Does the work of the function's handler in this process, because a cold start for each of a thousand runs would take
 * too long.
 */
async function endingOfRun(now: () => number): Promise<Omit<Outcome, "standing">> {
  const end = Date.now() + limit;
  const config = readConfig(process.env);
  const clients = createClients();
  const reports = { s3: clients.s3, bucket: config.ledgerBucket, place };
  const report = keepReport(place, (html) => storeReport(reports, html));
  const { until, publishUntil } = limitsOf(end);
  const { onJudged } = report;
  const audited = await audit(clients, config, { id: "run", place, now, until, publishUntil, onJudged });
  const { summary, endedBy } = audited;
  if (endedBy) return { summary, spare: end - Date.now(), failure: String(endedBy) };
  const trouble = [...audited.trouble, ...(await report.store({ at: Date.now(), ...audited }))];
  const failure = trouble.length > 0 && { failure: String(new RunFailedError(trouble)) };
  return { summary, spare: end - Date.now(), ...failure };
}

async function runOnce(aws: LocalAws): Promise<Outcome> {
  const ending = await withEnvironment(aws.functionEnvironment(), () => endingOfRun(aws.clock.now));
  const standing = aws.findings().map(({ Id, Compliance, RecordState, Title, Severity }) => {
    const reasons = Compliance?.StatusReasons?.map(({ ReasonCode }) => ReasonCode) ?? [];
    return [Id, [Compliance?.Status, RecordState, Severity?.Label, ...reasons, Title].join(" ")] as const;
  });
  return {
    standing: Object.fromEntries(standing),
    ...ending,
  };
}
