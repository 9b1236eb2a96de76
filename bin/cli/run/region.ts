import { randomUUID } from "node:crypto";
import { matchesGlob } from "node:path";
import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { type Clients, createClients } from "../../../lambda/aws/clients.ts";
import { type Answers, collect } from "../../../lambda/collect/collect.ts";
import { findDeployed } from "../../../lambda/collect/deployed.ts";
import type { VerifiedDocument } from "../../../lambda/collect/ssm-document.ts";
import type { Exception } from "../../../lambda/domain/exception.ts";
import { updateOf } from "../../../lambda/domain/finding.ts";
import type { Collected, Node } from "../../../lambda/domain/node.ts";
import type { Place } from "../../../lambda/domain/place.ts";
import type { Result } from "../../../lambda/domain/result.ts";
import { ownsAll } from "../../../lambda/domain/scope.ts";
import type { Summary } from "../../../lambda/domain/summary.ts";
import { type Inventory, takeWholeInventory } from "../../../lambda/inventory/inventory.ts";
import { exceptionsOn } from "../../../lambda/judge/excepted.ts";
import { type JudgedBatch, judgeBatch } from "../../../lambda/judge/judge-batch.ts";
import { startJudgeThread } from "../../../lambda/judge/judge-thread.ts";
import type { OwnRule } from "../../../lambda/own-rules/own-rule.ts";
import type { RuleChoice } from "../../../lambda/rules/kit/choice.ts";
import { deadline } from "../../../lambda/run/deadline.ts";
import { startRollCall } from "../../../lambda/run/roll-call.ts";
import { startStopwatch } from "../../../lambda/run/stopwatch.ts";
import { addTo, brokenLaws, startTally, summarize } from "../../../lambda/run/summarize.ts";
import { findingsOf, type Publication, publish } from "../../../lambda/securityhub/publish.ts";
import { counted } from "../../../lambda/text.ts";
import type { Count } from "../progress.ts";
import type { Standard } from "../standard.ts";
import { firstUnchanged, withTemporaryDocument } from "./document.ts";
import { unlessAborted } from "./interruption.ts";

/** The request of the command `run`: clusters, rules, exceptions and whether to publish. */
export interface Wish extends Standard {
  /** Patterns of cluster names with * and ?. Without them, every cluster is audited. */
  clusters?: readonly string[];
  rules: RuleChoice;
  ownRules: readonly OwnRule[];
  exceptions: readonly Exception[];
  /** Whether to import the findings into Security Hub as well. */
  publish: boolean;
}

/** Outcome of the audit of one Region. */
export interface AuditedRegion {
  place: Place;
  /** Time of judging, in epoch milliseconds. */
  at: number;
  /** Names of all clusters in the Region, audited or not. */
  known: ReadonlySet<string>;
  results: readonly Result[];
  judgement: JudgedBatch;
  summary: Summary;
  /** Failures of the auditor or of AWS that did not stop the audit of the Region. */
  trouble: readonly Error[];
}

/** Reports the current step and its progress. */
export type Tell = (step: string, count?: Count) => void;

/**
 * An auditor is deployed in the Region, so this run publishes nothing there: it lacks the ledger and the settings of
 * that auditor.
 */
export class AuditorDeployedError extends Error {
  override readonly name = "AuditorDeployedError";
  constructor(region: string, document: string) {
    super(
      `Nothing was published in ${region}: an auditor is deployed there (SSM document ${document}), which keeps the Security Hub findings up to date with its own settings and ledger. To start its audit now, invoke its function (stack output FunctionName).`,
    );
  }
}

/** Milliseconds after which no further node is judged: hostile evidence can be slow to judge, and a user is waiting. */
const longestJudgement = 300_000;

/** Audits one Region with the caller's credentials. Throws if the audit produced no results at all. */
export async function auditRegion(region: string, wish: Wish, tell: Tell, signal: AbortSignal): Promise<AuditedRegion> {
  const clients = createClients(region);
  const stopwatch = startStopwatch();
  const { time, phases } = stopwatch;
  const step = <Result>(name: string, work: () => Promise<Result>) => time(name, () => unlessAborted(work(), signal));

  tell("listing clusters and nodes");
  const isAudited = (name: string) => wish.clusters?.some((pattern) => matchesGlob(name, pattern)) ?? true;
  const place = await step("identity", () => readPlace(region));
  const inventory = await step("inventory", () => takeWholeInventory(clients, place, isAudited, true));
  const deployed = await step("document", () => findDeployed(clients.ssm));
  const collection = await time("collect", () => collectFrom(clients, inventory, deployed, tell, signal));

  tell("judging");
  const at = Date.now();
  const exceptions = exceptionsOn(wish.exceptions, at);
  const standard = { config: wish, place, exceptions };
  await using thread = startJudgeThread({ withSettings: true, ownRules: wish.ownRules });
  const moment = { now: at, thread, signal: AbortSignal.any([signal, deadline(at + longestJudgement)]) };
  const parts = startRollCall(inventory.clusters, ownsAll).call(collection.replies.keys());
  const judgement = await time("judge", () => judgeBatch(parts, collection.replies, standard, moment));
  const results = judgement.seen.flatMap(({ subjects }) => subjects.flatMap((subject) => subject.results));

  const publication = wish.publish
    ? await step("publish", () => publishWhereNobodyElseDoes(clients, place, results, deployed, tell))
    : nothingPublished;
  const tally = startTally();
  addTo(tally, { ...judgement, ...publication, imports: [], unchanged: 0, held: 0 });
  const { clusters: audited } = inventory;
  const problems = [...inventory.problems, ...publication.problems];
  const { calls } = clients;
  const times = { phases, seconds: stopwatch.seconds() };
  const counts = { clusters: audited, tally, exceptions: exceptions.report(), calls, problems };
  const summary = summarize({ ...counts, ...times });
  const steps = [inventory, collection, judgement, publication];
  const trouble = [...steps.flatMap((each) => each.trouble), ...brokenLaws(summary)];
  return { place, at, known: inventory.known, results, judgement, summary, trouble };
}

async function readPlace(region: string): Promise<Place> {
  const { Arn = "", Account = "" } = await new STSClient({ region }).send(new GetCallerIdentityCommand({}));
  const [, partition = "aws"] = Arn.split(":");
  return { partition, region, account: Account };
}

async function collectFrom(
  { ssm }: Clients,
  { clusters, registrations }: Inventory,
  deployed: readonly string[],
  tell: Tell,
  signal: AbortSignal,
): Promise<Answers> {
  const nodes = clusters.flatMap((cluster) => cluster.nodes);
  if (nodes.length === 0) return { replies: new Map(), trouble: [] };
  const asking = `querying ${counted(nodes.length, "node")}`;
  tell(asking);
  const ask = async (document: VerifiedDocument): Promise<Answers> => {
    const order = { document, runId: randomUUID(), until: Number.POSITIVE_INFINITY };
    const batches = collect(ssm, [{ nodes, registrations }], order, (done, all) => tell(asking, { done, all }));
    const [replies, trouble] = [new Map<Node, Collected>(), [] as Error[]];
    for await (const batch of batches) {
      for (const [node, collected] of batch.replies) replies.set(node, collected);
      trouble.push(...batch.trouble);
    }
    return { replies, trouble };
  };
  const document = await unlessAborted(firstUnchanged(ssm, deployed), signal);
  return document ? unlessAborted(ask(document), signal) : withTemporaryDocument(ssm, signal, ask);
}

const nothingPublished: Publication = {
  accepted: new Set(),
  refused: new Set(),
  rejected: 0,
  trouble: [],
  problems: [],
};

/**
 * Publishes only where no auditor is deployed: with different settings, two writers would overwrite each other's
 * findings.
 */
async function publishWhereNobodyElseDoes(
  { securityHub }: Clients,
  { region }: Place,
  results: readonly Result[],
  [deployed]: readonly string[],
  tell: Tell,
): Promise<Publication> {
  if (deployed) return { ...nothingPublished, trouble: [new AuditorDeployedError(region, deployed)] };
  tell(`publishing ${counted(results.length, "finding")}`);
  try {
    return await publish(securityHub, findingsOf(results.map(updateOf), []));
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return { ...nothingPublished, trouble: [error] };
  }
}
