import { bounded, type Clients } from "./aws/clients.ts";
import { MissingPermissionError } from "./aws/missing-permission.ts";
import { oneAhead } from "./aws/parallel.ts";
import { type Answers, collect } from "./collect/collect.ts";
import { refuseSecondAuditor } from "./collect/deployed.ts";
import { startHeadStart } from "./collect/head-start.ts";
import { type VerifiedDocument, verifyDocument } from "./collect/ssm-document.ts";
import type { Config } from "./config.ts";
import type { ClusterInventory } from "./domain/capacity.ts";
import type { Place } from "./domain/place.ts";
import type { Judged, NodeSubject } from "./domain/result.ts";
import type { Owns, Scope } from "./domain/scope.ts";
import type { ClusterBatch, Seen } from "./domain/seen.ts";
import type { Outcome, Summary } from "./domain/summary.ts";
import { startUnfinished, type Unfinished } from "./events/unfinished.ts";
import { takeInventoryOf } from "./inventory/changed.ts";
import type { TaggedInstance } from "./inventory/instances.ts";
import { type Inventory, takeInventory } from "./inventory/inventory.ts";
import { type Excepted, exceptionsOn } from "./judge/excepted.ts";
import { type JudgedBatch, judgeBatch, leaveOut } from "./judge/judge-batch.ts";
import { type JudgeThread, startJudgeThread } from "./judge/judge-thread.ts";
import {
  announce,
  fatesIn,
  findAbsent,
  type Ledgers,
  ledgersOf,
  lookAhead,
  minutesToFirstVerdict,
  type Plan,
  plan,
  record,
  withHeld,
} from "./ledger/session.ts";
import { leastHeardFirst } from "./ledger/unheard.ts";
import { ruleSetWith } from "./own-rules/rule-set.ts";
import { deadline } from "./run/deadline.ts";
import { asError, JudgementUnfinishedError, NothingToAuditError } from "./run/errors.ts";
import { ownedBy } from "./run/read-scope.ts";
import { startRollCall } from "./run/roll-call.ts";
import { type Stopwatch, startStopwatch } from "./run/stopwatch.ts";
import { addTo, brokenLaws, outcomeOf, startTally, summarize, type Tally } from "./run/summarize.ts";
import { findingsOf, type Publication, publish } from "./securityhub/publish.ts";

/** The input of one run. */
export interface Run {
  id: string;
  place: Place;
  /** The part of the account-Region that the run covers; the whole account-Region when left out. */
  scope?: Scope;
  /** The instances that the scope names, as EC2 lists them. */
  instances?: readonly TaggedInstance[];
  /** When the run began to list these instances, epoch milliseconds. Default: the run's start. */
  listedAt?: number;
  /** The clock that dates the findings, epoch milliseconds. */
  now(): number;
  /**
   * Epoch milliseconds at which the run stops sending commands and waiting for nodes. The time after it is for
   * publishing.
   */
  until: number;
  /** Epoch milliseconds at which the run stops sending findings. The time after it is for writing the ledgers. */
  publishUntil: number;
  /**
   * Called with the nodes of each batch and their results, after their comparison with the ledgers. The run itself
   * keeps only counts.
   */
  onJudged?(nodes: readonly Judged<NodeSubject>[]): void;
}

export interface Audit {
  summary: Summary;
  outcomes: readonly Outcome[];
  /** Minutes from the launch to the first verdicts, for each node that got its first verdicts in this run. */
  minutesToFirstVerdict: readonly number[];
  /** The instances of `Run.instances` that a run has to audit again soon. */
  unfinished: ReadonlySet<string>;
  /** Failures of the auditor or of AWS. A run with failures has failed, although it did all other work. */
  trouble: readonly Error[];
  /** The error that ended the run early; it is also the last one in `trouble`. */
  endedBy?: Error;
}

/** The state of a run while it is under way. */
interface Progress {
  clusters: readonly ClusterInventory[];
  tally: Tally;
  exceptions: Excepted;
  problems: string[];
  trouble: Error[];
  stopwatch: Stopwatch;
  unfinished: Unfinished;
}

/**
 * Executes one run and never throws. If an error ends the run early, the result contains the error and a summary of the
 * work before it.
 */
export async function audit(clients: Clients, config: Config, run: Run): Promise<Audit> {
  const progress: Progress = {
    clusters: [],
    tally: startTally(),
    exceptions: exceptionsOn(config.exceptions, run.now()),
    problems: [],
    trouble: [],
    stopwatch: startStopwatch(),
    unfinished: startUnfinished(run.instances ?? []),
  };
  const end = deadline(run.publishUntil + lastWrites);
  const inTime = bounded(clients, end);
  const checked = checkForSecondAuditor(inTime, config, run, progress);
  const endedBy = await auditAll(inTime, config, run, progress).catch(asError);
  await checked;
  const { exceptions, stopwatch, tally, trouble, unfinished: followed, ...rest } = progress;
  const times = { phases: stopwatch.phases, seconds: stopwatch.seconds() };
  const counts = { ...rest, ...times, tally, exceptions: exceptions.report(), calls: clients.calls };
  const { outcomes, minutesToFirstVerdict } = tally;
  const summary = summarize({ ...counts, ...(endedBy && { endedBy }) });
  const unfinished = followed.ids();
  const report = { summary, outcomes, minutesToFirstVerdict, unfinished };
  if (endedBy) return { ...report, trouble: [...trouble, endedBy], endedBy };
  return { ...report, trouble: [...trouble, ...brokenLaws(summary, run.instances === undefined)] };
}

/**
 * Looks for a second auditor. Only runs that cover clusters do so, because events start many more runs. Never throws:
 * the findings stay up to date, and the run fails at its end.
 */
async function checkForSecondAuditor(
  { ssm }: Clients,
  config: Config,
  run: Run,
  { problems, trouble }: Progress,
): Promise<void> {
  if (!ownedBy(run.scope ?? {})("cluster")) return;
  try {
    await refuseSecondAuditor(ssm, config.documentName, run.place);
  } catch (error) {
    // A member's template can be older than the hub. Its nodes can still be audited.
    if (config.membership && error instanceof MissingPermissionError)
      problems.push(
        `It could not be determined whether another auditor is deployed in account ${run.place.account} in ${run.place.region}. Deploy the member's template of this release there. ${error.message}`,
      );
    else trouble.push(asError(error));
  }
}

/** What the steps of one run share. */
interface Stage {
  config: Config;
  run: Run;
  progress: Progress;
  owns: Owns;
  ledgers: Ledgers;
  thread: JudgeThread;
  /** The client with which findings are sent. It cancels its calls when publishing has to end. */
  hub: Clients["securityHub"];
}

/**
 * The whole run: takes the inventory, collects evidence, judges it, compares the results with the ledgers and publishes
 * the changed findings. Nodes are processed in batches. While one batch is published, the next one is judged and the
 * one after it is collected.
 */
async function auditAll(clients: Clients, config: Config, run: Run, progress: Progress): Promise<void> {
  const { place, scope = {}, instances, listedAt = run.now() } = run;
  const { problems, trouble, unfinished } = progress;
  const { time, timeEach } = progress.stopwatch;
  const owns = ownedBy(scope);
  await using thread = startJudgeThread({ withSettings: run.onJudged !== undefined, ownRules: config.ownRules });
  const ledgers = ledgersOf(clients, config.ledgerBucket, place, { now: run.now, listedAt, owns });
  const hub = bounded(clients, deadline(run.publishUntil)).securityHub;
  const stage: Stage = { config, run, progress, owns, ledgers, thread, hub };

  const queries = startQueries(clients, stage);
  const inventory = await queries.inventory;
  const { known, clusters } = inventory;
  progress.clusters = clusters;
  unfinished.expect(clusters.map(({ cluster }) => cluster.name));
  if (owns("cluster")) problems.push(...inventory.problems);
  trouble.push(...inventory.trouble);
  // The instances of a batch of messages can all belong to clusters outside EKS.
  if (instances && clusters.length === 0) return;
  const document = await queries.document();
  if (owns("cluster") && document.problem) problems.push(document.problem);
  const nothing = new NothingToAuditError(place.region, scope.cluster);
  // If the settings match no cluster, they are probably wrong. Archiving all findings would then be a mistake.
  if (clusters.length === 0 && known.size > 0 && scope.cluster === undefined && !instances) throw nothing;

  const audited = new Set(clusters.map(({ cluster }) => cluster.name));
  const nodes = clusters.reduce((sum, { nodes }) => sum + nodes.length, 0);
  const absence = time("reconcile", () => findAbsent(ledgers, { scope, owns, audited, known, nodes }));
  // The error is thrown below, before the first findings are compared.
  absence.catch(() => undefined);
  const order = await queries.order;
  absence.then(() => lookAhead(ledgers, order)).catch(() => undefined);

  let unjudged = 0;
  let absent: readonly Seen[] = [];
  const descriptions = startDescriptions(inventory, stage);
  const batches = judgeEach(await queries.answers(), clusters, descriptions, stage);
  for await (const batch of timeEach("collect", oneAhead(batches))) {
    const found = await absence;
    trouble.push(...found.trouble.splice(0));
    absent = [...found.absent, ...absentOf(descriptions.gone, owns)];
    const isInTime = Date.now() < run.publishUntil;
    unjudged += isInTime ? await publishBatch(batch, absent, stage) : leaveBatch(batch, clusters, stage);
  }

  // A cluster can be deleted after the run was planned. Archiving its findings is then all that the run has to do.
  // The run does not fail then.
  const didNothing =
    !instances && progress.clusters.length === 0 && (scope.cluster === undefined || absent.length === 0);
  if (unjudged > 0) trouble.push(new JudgementUnfinishedError(unjudged));
  if (didNothing) trouble.push(nothing);
}

/** The inventory of the run, and the queries of its nodes, which begin before all nodes are listed. */
interface Queries {
  inventory: Promise<Inventory>;
  /** The verified document of the queries. */
  document(): Promise<VerifiedDocument>;
  /** The names of the clusters in the order in which their nodes are queried. */
  order: Promise<ReadonlySet<string>>;
  answers(): Promise<AsyncGenerator<Answers, void>>;
}

function startQueries(clients: Clients, { config, run, progress, owns, ledgers }: Stage): Queries {
  const { id, place, scope = {}, instances, until, listedAt = run.now() } = run;
  const { time } = progress.stopwatch;
  const { ssm } = bounded(clients, deadline(until + lastReads));
  const headStart = startHeadStart();
  const inventory = time("inventory", () =>
    instances
      ? takeInventoryOf(clients, place, config.isAudited, instances, listedAt)
      : takeInventory(clients, place, config.isAudited, config.hybrid, {
          cluster: scope.cluster,
          owns,
          onOnline: headStart.add,
        }),
  );
  const others = inventory
    .then(async ({ clusters, registrations }) => {
      const ordered = await inOrder(ledgers, clusters, time);
      const first = headStart.close();
      return { nodes: ordered.filter((node) => !first.has(node)), registrations, first };
    })
    .finally(headStart.close);
  const order = others.then(({ first, nodes }) => new Set([...first, ...nodes].map(({ cluster }) => cluster)));
  const query = (document: VerifiedDocument) =>
    oneAhead(collect(ssm, headStart.before(others), { document, runId: id, until }));
  const verify = () => verifyDocument(clients.ssm, config.documentName, config.documentSha256);
  // A batch of messages can contain no node, so its document is verified only afterwards.
  let verification = instances ? undefined : verify();
  const early = verification?.then(query);
  // The run awaits the inventory first, so that the summary counts the nodes if one of these fails.
  for (const later of [others, order, early]) later?.catch(() => undefined);
  const document = () => {
    verification ??= verify();
    const verified = verification;
    return time("inventory", () => verified);
  };
  return { inventory, document, order, answers: async () => (await early) ?? query(await document()) };
}

/** The nodes in the order in which they are queried. */
async function inOrder({ store }: Ledgers, clusters: readonly ClusterInventory[], time: Stopwatch["time"]) {
  const nodes = clusters.flatMap((cluster) => cluster.nodes);
  // Few nodes all get their command within seconds, so their order does not matter.
  if (nodes.length <= mostUnordered) return nodes;
  return await time("reconcile", () => leastHeardFirst(store, clusters));
}

/** EKS's descriptions of the clusters. Each cluster is described once in a run. */
interface Descriptions {
  /** The described cluster; undefined if it was deleted after EKS had listed it. */
  of(listed: ClusterInventory): Promise<ClusterInventory | undefined>;
  /** Names of the clusters that were deleted. */
  gone: ReadonlySet<string>;
}

function startDescriptions({ describe }: Inventory, { owns, progress }: Stage): Descriptions {
  const gone = new Set<string>();
  const begun = new Map<ClusterInventory, Promise<ClusterInventory | undefined>>();
  const described = async (listed: ClusterInventory) => {
    const { cluster, problems, trouble } = await describe(listed);
    if (owns("cluster")) progress.problems.push(...problems);
    progress.trouble.push(...trouble);
    if (!cluster) gone.add(listed.cluster.name);
    progress.clusters = progress.clusters.flatMap((each) => (each === listed ? (cluster ?? []) : each));
    return cluster;
  };
  return {
    gone,
    of(listed) {
      const description = begun.get(listed) ?? described(listed);
      begun.set(listed, description);
      return description;
    },
  };
}

/** A batch of nodes with their verdicts. */
interface Batch {
  replies: Answers["replies"];
  collection: Pick<Answers, "trouble">;
  judgement: JudgedBatch;
  parts: readonly ClusterBatch[];
  /** When the batch was judged, epoch milliseconds. */
  now: number;
  /** The part of the remaining nodes that the batch contains, from 0 to 1. */
  part: number;
  isLast: boolean;
}

/** Judges each batch. The next batch is judged while the consumer publishes one. */
async function* judgeEach(
  answers: AsyncGenerator<Answers, void>,
  clusters: readonly ClusterInventory[],
  descriptions: Descriptions,
  { config, run, progress, owns, thread }: Stage,
): AsyncGenerator<Batch, void> {
  const { place, publishUntil } = run;
  const rollCall = startRollCall(clusters, owns);
  for await (const { replies, ...collection } of answers) {
    const now = run.now();
    const part = replies.size / rollCall.left();
    const called = rollCall.call(replies.keys());
    const isLast = rollCall.left() === 0;
    const inventories = await Promise.all(called.map(({ inventory }) => descriptions.of(inventory)));
    const parts = called.flatMap((batch, index) => {
      const inventory = inventories[index];
      return inventory ? { ...batch, inventory } : [];
    });
    const standard = { config, place, exceptions: progress.exceptions };
    const judgement = await progress.stopwatch.time("judge", () => {
      const signal = deadline(halfOf(shareOf(publishUntil, part)));
      return judgeBatch(parts, replies, standard, { now, thread, signal });
    });
    yield { replies, collection, now, part, parts, isLast, judgement };
  }
}

/**
 * Compares a batch with the ledgers, and sends the changed findings. Returns the number of nodes that were not judged.
 */
async function publishBatch(batch: Batch, absent: readonly Seen[], stage: Stage): Promise<number> {
  const { config, run, progress, ledgers, hub } = stage;
  const { time } = progress.stopwatch;
  const { collection, judgement, now, parts } = batch;
  const share = shareOf(run.publishUntil, batch.part);
  const seen = batch.isLast ? [...judgement.seen, ...absent] : judgement.seen;
  const planned = await time("reconcile", () => plan(ledgers, seen, now, halfOf(share)));
  run.onJudged?.(withHeld(judgement.judged, planned));
  const announced = await time("announce", () => announce(ledgers, planned));
  const findings = findingsOf(announced.plan.imports, ruleSetWith(config.ownRules));
  const publication = await time("publish", () => publish(hub, findings, run.publishUntil));
  const recorded = await time("record", () => record(ledgers, announced.plan, fatesIn(publication)));

  for (const { isLast, inventory } of parts) if (isLast) ledgers.open.delete(inventory.cluster.name);
  progress.unfinished.add({
    outcomes: judgement.judged.map(({ subject }) => outcomeOf(subject)),
    hasCollectionFailed: collection.trouble.length > 0,
    parts: settledParts(recorded.plan, progress.clusters, publication),
  });
  addTo(progress.tally, { ...judgement, ...planned, ...publication });
  progress.tally.minutesToFirstVerdict.push(...minutesToFirstVerdict(planned, judgement.judged, now));
  progress.problems.push(...planned.problems, ...publication.problems);
  for (const { trouble } of [collection, judgement, planned, announced, publication, recorded])
    progress.trouble.push(...trouble);
  return judgement.unjudged;
}

/** Counts the nodes of a batch that came too late for publishing. Returns their number. */
function leaveBatch(batch: Batch, clusters: readonly ClusterInventory[], { run, progress }: Stage): number {
  const listed = clusters.map(({ cluster }) => cluster);
  const left = leaveOut(listed, batch.replies, run.place, batch.now);
  run.onJudged?.(left);
  progress.tally.outcomes.push(...left.map(({ subject }) => outcomeOf(subject)));
  progress.trouble.push(...batch.collection.trouble);
  return left.length;
}

/** Clusters that were deleted after EKS had listed them. */
function absentOf(clusters: Iterable<string>, owns: Owns): Seen[] {
  return Array.from(clusters, (cluster) => ({ cluster, complete: true, absence: "CLUSTER_GONE", owns, subjects: [] }));
}

/**
 * Returns for each part of a plan whether a ledger recorded it completely, and the nodes with findings that Security
 * Hub did not accept.
 */
function settledParts({ parts }: Plan, clusters: readonly ClusterInventory[], { accepted }: Publication) {
  const incomplete = new Set(clusters.filter(({ complete }) => !complete).map(({ cluster }) => cluster.name));
  return parts.map(({ cluster, owns, stored, diff }) => ({
    cluster,
    owns,
    isRecorded: stored !== undefined && !incomplete.has(cluster),
    unsent: diff.imports.filter(({ id }) => !accepted.has(id)).map(({ subject }) => subject),
  }));
}

/** Maximum number of nodes that are queried in any order. At SSM's pace, their commands take two seconds. */
const mostUnordered = 1_000;

/** Milliseconds for writing ledgers after publishing has ended. At their end every call to AWS is cancelled. */
const lastWrites = 12_000;

/** Milliseconds for reading the last replies after collecting has ended. */
const lastReads = 20_000;

/** Minimum time of a batch, in milliseconds. A batch of few nodes would otherwise get too little time to be judged. */
const leastShare = 10_000;

/**
 * When the time of a batch ends, epoch milliseconds. `part` is the share of the remaining nodes that the batch
 * contains, from 0 to 1.
 */
function shareOf(publishUntil: number, part: number): number {
  const left = publishUntil - Date.now();
  return Date.now() + Math.min(left, Math.max(leastShare, left * (Number.isNaN(part) ? 1 : part)));
}

/**
 * When a step has to end, epoch milliseconds. Judging and rebuilding ledgers each leave half of the time to the steps
 * after them.
 */
function halfOf(share: number): number {
  return (Date.now() + share) / 2;
}
