import type { Clients } from "./aws/clients.ts";
import { oneAhead } from "./aws/parallel.ts";
import { collect } from "./collect/collect.ts";
import { verifyDocument } from "./collect/document.ts";
import type { Config } from "./config.ts";
import type { Home } from "./domain/node.ts";
import type { Judged, NodeSubject } from "./domain/result.ts";
import type { Scope } from "./domain/scope.ts";
import type { Outcome, Summary } from "./domain/summary.ts";
import { takeInventory } from "./inventory/inventory.ts";
import { exceptionsOn } from "./judge/excepted.ts";
import { judgeAll, leaveOut } from "./judge/judgement.ts";
import { startJudging } from "./judge/judging.ts";
import { announce, fatesIn, findAbsent, ledgersOf, plan, record, withHeld } from "./ledger/session.ts";
import { rules } from "./rules/index.ts";
import { deadline } from "./run/deadline.ts";
import { JudgementUnfinishedError, NothingToAuditError } from "./run/errors.ts";
import { startRollCall } from "./run/roll-call.ts";
import { ownedBy } from "./run/scope.ts";
import { startStopwatch } from "./run/stopwatch.ts";
import { addTo, brokenLaws, outcomeOf, startTally, summarize } from "./run/summary.ts";
import { findingsOf, publish } from "./securityhub/publish.ts";

/** One run, and where it takes place. */
export interface Run {
  id: string;
  home: Home;
  /** What of it the run is about; everything when left out. */
  scope?: Scope;
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
  /** What went wrong on our side or AWS's: with any of it the run has failed, though it did all the rest. */
  trouble: readonly Error[];
}

/**
 * The whole run: who is there, what do they say, what follows from it, what of it is new, and off to Security Hub. Nodes
 * pass through batch by batch, and while one is published the next is on its way: no more than two are ever in memory.
 */
export async function audit(clients: Clients, config: Config, run: Run): Promise<Audit> {
  const { id, home, scope = {}, until, publishUntil } = run;
  const owns = ownedBy(scope);
  const { time, timeEach, phases } = startStopwatch();
  await using judging = startJudging();

  const [inventory, document] = await time("inventory", () =>
    Promise.all([
      takeInventory(clients, home, config.isAudited, config.hybrid, { cluster: scope.cluster, owns }),
      verifyDocument(clients.ssm, config.documentName, config.documentSha256),
    ]),
  );
  const { known, registrations } = inventory;
  const clusters = inventory.clusters.map((cluster) => ({
    ...cluster,
    nodes: cluster.nodes.filter(({ instanceId }) => owns(instanceId)),
  }));
  const nothing = new NothingToAuditError(home.region, scope.cluster);
  // Settings that let no cluster in are more likely a slip than the wish to have everything archived.
  if (clusters.length === 0 && known.size > 0 && scope.cluster === undefined) throw nothing;

  const ledgers = ledgersOf(clients, config.ledgerBucket, home, { now: run.now, owns });
  const audited = new Set(clusters.map(({ cluster }) => cluster.name));
  const absence = await time("reconcile", () => findAbsent(ledgers, { scope, owns, audited, known }));
  const exceptions = exceptionsOn(config.exceptions, run.now());
  const [rollCall, tally] = [startRollCall(clusters, owns), startTally()];
  const problems = owns("cluster") ? [...inventory.problems, ...(document.problem ? [document.problem] : [])] : [];
  const trouble = [...inventory.trouble, ...absence.trouble];

  let unjudged = 0;
  const nodes = clusters.flatMap((cluster) => cluster.nodes);
  const answers = oneAhead(collect(clients.ssm, nodes, registrations, { document, runId: id, until }));
  for await (const { replies, ...collection } of timeEach("collect", answers)) {
    if (Date.now() >= publishUntil) {
      const left = leaveOut(
        inventory.clusters.map(({ cluster }) => cluster),
        replies,
        home,
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
      const moment = { now, judging, signal: deadline(halfOf(share)) };
      return judgeAll(parts, replies, { config, home, exceptions }, moment);
    });
    const seen = rollCall.left() > 0 ? judgement.seen : [...judgement.seen, ...absence.absent];
    const planned = await time("reconcile", () => plan(ledgers, seen, now, halfOf(share)));
    run.onJudged?.(withHeld(judgement.judged, planned));
    const announced = await time("announce", () => announce(ledgers, planned));
    const findings = findingsOf(announced.plan.imports, rules);
    const publication = await time("publish", () => publish(clients.securityHub, findings, publishUntil));
    const recorded = await time("record", () => record(ledgers, announced.plan, fatesIn(publication)));

    for (const { isLast, inventory } of parts) if (isLast) ledgers.open.delete(inventory.cluster.name);
    addTo(tally, { ...judgement, ...planned, ...publication });
    unjudged += judgement.unjudged;
    problems.push(...planned.problems, ...publication.problems);
    for (const step of [collection, judgement, planned, announced, publication, recorded])
      trouble.push(...step.trouble);
  }

  const { calls } = clients;
  const summary = summarize({ clusters, tally, exceptions: exceptions.report(), calls, phases, problems });
  // A cluster that was deleted since the run was planned has a ledger: archiving what that remembers is what there was to do.
  const didNothing = clusters.length === 0 && (scope.cluster === undefined || absence.absent.length === 0);
  if (unjudged > 0) trouble.push(new JudgementUnfinishedError(unjudged));
  trouble.push(...(didNothing ? [nothing] : []), ...brokenLaws(summary));
  return { summary, outcomes: tally.outcomes, trouble };
}

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
