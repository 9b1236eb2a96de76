import { bounded, type Clients } from "./aws/clients.ts";
import { oneAhead } from "./aws/parallel.ts";
import { collect } from "./collect/collect.ts";
import { verifyDocument } from "./collect/ssm-document.ts";
import type { Config } from "./config.ts";
import type { ClusterInventory } from "./domain/capacity.ts";
import type { Place } from "./domain/place.ts";
import type { Judged, NodeSubject } from "./domain/result.ts";
import type { Scope } from "./domain/scope.ts";
import type { Outcome, Summary } from "./domain/summary.ts";
import { takeInventoryOf } from "./inventory/changed.ts";
import type { TaggedInstance } from "./inventory/instances.ts";
import { takeInventory } from "./inventory/inventory.ts";
import { type Excepted, exceptionsOn } from "./judge/excepted.ts";
import { judgeBatch, leaveOut } from "./judge/judge-batch.ts";
import { startJudgeThread } from "./judge/judge-thread.ts";
import {
  announce,
  fatesIn,
  findAbsent,
  ledgersOf,
  minutesToFirstVerdict,
  plan,
  record,
  withHeld,
} from "./ledger/session.ts";
import { leastHeardFirst } from "./ledger/unheard.ts";
import { rules } from "./rules/index.ts";
import { deadline } from "./run/deadline.ts";
import { asError, JudgementUnfinishedError, NothingToAuditError } from "./run/errors.ts";
import { ownedBy } from "./run/read-scope.ts";
import { startRollCall } from "./run/roll-call.ts";
import { type Stopwatch, startStopwatch } from "./run/stopwatch.ts";
import { addTo, brokenLaws, outcomeOf, startTally, summarize, type Tally } from "./run/summarize.ts";
import { findingsOf, publish } from "./securityhub/publish.ts";

/** One run, and where it takes place. */
export interface Run {
  id: string;
  place: Place;
  /** What of it the run is about; everything when left out. */
  scope?: Scope;
  /** The instances that the scope names, as EC2 lists them. */
  instances?: readonly TaggedInstance[];
  /** The clock that findings are dated by, epoch milliseconds. */
  now(): number;
  /** Epoch milliseconds after which no node is asked or waited for any more, so that there is time left to publish. */
  until: number;
  /** Epoch milliseconds after which nothing is sent any more, so that there is time left to remember what was. */
  publishUntil: number;
  /** Hears of each node with all verdicts as the batch it is in has been compared with the ledgers: the run itself keeps numbers. */
  onJudged?(nodes: readonly Judged<NodeSubject>[]): void;
}

export interface Audit {
  summary: Summary;
  outcomes: readonly Outcome[];
  /** For each node that has its first verdicts. */
  minutesToFirstVerdict: readonly number[];
  /** What went wrong on our side or AWS's: with any of it the run has failed, though it did all the rest. */
  trouble: readonly Error[];
  /** The error that ended the run early; it is also the last one in `trouble`. */
  endedBy?: Error;
}

/** The run so far. */
interface Progress {
  clusters: readonly ClusterInventory[];
  tally: Tally;
  exceptions: Excepted;
  problems: string[];
  trouble: Error[];
  stopwatch: Stopwatch;
}

/** One run. It never throws: an error that ends the run early is returned with the summary of what was done until then. */
export async function audit(clients: Clients, config: Config, run: Run): Promise<Audit> {
  const progress: Progress = {
    clusters: [],
    tally: startTally(),
    exceptions: exceptionsOn(config.exceptions, run.now()),
    problems: [],
    trouble: [],
    stopwatch: startStopwatch(),
  };
  const end = deadline(run.publishUntil + lastWrites);
  const endedBy = await auditAll(bounded(clients, end), config, run, progress).catch(asError);
  const { exceptions, stopwatch, tally, trouble, ...rest } = progress;
  const counts = { ...rest, tally, exceptions: exceptions.report(), calls: clients.calls, phases: stopwatch.phases };
  const { outcomes, minutesToFirstVerdict } = tally;
  const summary = summarize({ ...counts, ...(endedBy && { endedBy }) });
  const told = { summary, outcomes, minutesToFirstVerdict };
  if (endedBy) return { ...told, trouble: [...trouble, endedBy], endedBy };
  return { ...told, trouble: [...trouble, ...brokenLaws(summary, run.instances === undefined)] };
}

/**
 * The whole run: who is there, what do they say, what follows from it, what of it is new, and off to Security Hub. Nodes
 * pass through batch by batch, and while one is published the next is on its way: no more than two are ever in memory.
 */
async function auditAll(clients: Clients, config: Config, run: Run, progress: Progress): Promise<void> {
  const { id, place, scope = {}, instances, until, publishUntil } = run;
  const { exceptions, tally, problems, trouble, stopwatch } = progress;
  const { time, timeEach } = stopwatch;
  const owns = ownedBy(scope);
  await using thread = startJudgeThread({ withSettings: run.onJudged !== undefined });

  const verification = verifyDocument(clients.ssm, config.documentName, config.documentSha256);
  // The error is thrown below, after the inventory, so that the summary counts the nodes.
  verification.catch(() => undefined);
  const inventory = await time("inventory", () =>
    instances
      ? takeInventoryOf(clients, place, config.isAudited, instances, run.now())
      : takeInventory(clients, place, config.isAudited, config.hybrid, { cluster: scope.cluster, owns }),
  );
  const { known, registrations } = inventory;
  progress.clusters = inventory.clusters.map((cluster) => ({
    ...cluster,
    nodes: cluster.nodes.filter(({ instanceId }) => owns(instanceId)),
  }));
  const { clusters } = progress;
  if (owns("cluster")) problems.push(...inventory.problems);
  trouble.push(...inventory.trouble);
  const document = await time("inventory", () => verification);
  if (owns("cluster") && document.problem) problems.push(document.problem);
  const nothing = new NothingToAuditError(place.region, scope.cluster);
  // Settings that let no cluster in are more likely a slip than the wish to have everything archived.
  if (clusters.length === 0 && known.size > 0 && scope.cluster === undefined && !instances) throw nothing;

  const ledgers = ledgersOf(clients, config.ledgerBucket, place, { now: run.now, owns });
  const audited = new Set(clusters.map(({ cluster }) => cluster.name));
  const absence = await time("reconcile", () => findAbsent(ledgers, { scope, owns, audited, known }));
  const rollCall = startRollCall(clusters, owns);
  trouble.push(...absence.trouble);

  let unjudged = 0;
  const nodes = await time("reconcile", () => leastHeardFirst(ledgers.store, clusters));
  const { ssm } = bounded(clients, deadline(until + lastReads));
  const hub = bounded(clients, deadline(publishUntil)).securityHub;
  const answers = oneAhead(collect(ssm, nodes, registrations, { document, runId: id, until }));
  for await (const { replies, ...collection } of timeEach("collect", answers)) {
    if (Date.now() >= publishUntil) {
      const left = leaveOut(
        inventory.clusters.map(({ cluster }) => cluster),
        replies,
        place,
        run.now(),
      );
      run.onJudged?.(left);
      tally.outcomes.push(...left.map(({ subject }) => outcomeOf(subject)));
      unjudged += left.length;
      trouble.push(...collection.trouble);
      continue;
    }
    const now = run.now();
    const share = shareOf(publishUntil, replies.size / rollCall.left());
    const parts = rollCall.call(replies.keys());
    const judgement = await time("judge", () => {
      const moment = { now, thread, signal: deadline(halfOf(share)) };
      return judgeBatch(parts, replies, { config, place, exceptions }, moment);
    });
    const seen = rollCall.left() > 0 ? judgement.seen : [...judgement.seen, ...absence.absent];
    const planned = await time("reconcile", () => plan(ledgers, seen, now, halfOf(share)));
    run.onJudged?.(withHeld(judgement.judged, planned));
    const announced = await time("announce", () => announce(ledgers, planned));
    const findings = findingsOf(announced.plan.imports, rules);
    const publication = await time("publish", () => publish(hub, findings, publishUntil));
    const recorded = await time("record", () => record(ledgers, announced.plan, fatesIn(publication)));

    for (const { isLast, inventory } of parts) if (isLast) ledgers.open.delete(inventory.cluster.name);
    addTo(tally, { ...judgement, ...planned, ...publication });
    tally.minutesToFirstVerdict.push(...minutesToFirstVerdict(planned, judgement.judged, now));
    unjudged += judgement.unjudged;
    problems.push(...planned.problems, ...publication.problems);
    for (const step of [collection, judgement, planned, announced, publication, recorded])
      trouble.push(...step.trouble);
  }

  // A cluster that was deleted since the run was planned has a ledger: archiving what that remembers is what there was to do.
  const didNothing =
    !instances && clusters.length === 0 && (scope.cluster === undefined || absence.absent.length === 0);
  if (unjudged > 0) trouble.push(new JudgementUnfinishedError(unjudged));
  if (didNothing) trouble.push(nothing);
}

/** Milliseconds after the publication's end in which ledgers are written. Then every call to AWS is given up. */
const lastWrites = 12_000;

/** Milliseconds after the collection's end in which the last replies are read. */
const lastReads = 20_000;

/** Milliseconds that a batch may always take: even a small part of the nodes is worth a look. */
const leastShare = 10_000;

/** The end of a batch's share of the time that is left, given its part of the nodes that are. */
function shareOf(publishUntil: number, part: number): number {
  const left = publishUntil - Date.now();
  return Date.now() + Math.min(left, Math.max(leastShare, left * (Number.isNaN(part) ? 1 : part)));
}

/** Judging may take its time, and so may rebuilding ledgers; each leaves half of the time that is left to what follows. */
function halfOf(share: number): number {
  return (Date.now() + share) / 2;
}
