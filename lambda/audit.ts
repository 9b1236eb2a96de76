import type { Clients } from "./aws/clients.ts";
import { collect } from "./aws/collect.ts";
import { verifyDocument } from "./aws/document.ts";
import { takeInventory } from "./aws/inventory.ts";
import { publish } from "./aws/publish.ts";
import type { Config } from "./config.ts";
import { judgeAll } from "./judgement.ts";
import type { Home } from "./node.ts";
import { fatesIn, plan, record } from "./reconciliation.ts";
import { NothingToAuditError } from "./run-errors.ts";
import { ownedBy, type Scope } from "./scope.ts";
import { startStopwatch } from "./stopwatch.ts";
import { brokenLaws, type Outcome, type Summary, summarize } from "./summary.ts";

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
}

export interface Audit {
  summary: Summary;
  outcomes: readonly Outcome[];
  /** What went wrong on our side or AWS's: with any of it the run has failed, though it did all the rest. */
  trouble: readonly Error[];
}

/** The whole run: who is there, what do they say, what follows from it, what of it is new, and off to Security Hub. */
export async function audit(clients: Clients, config: Config, run: Run): Promise<Audit> {
  const { id, home, scope = {}, until, publishUntil } = run;
  const owns = ownedBy(scope);
  const { time, phases } = startStopwatch();

  const isAudited = (name: string) => config.isAudited(name) && name === (scope.cluster ?? name);
  const inventory = await time("inventory", () => takeInventory(clients, home, isAudited, config.hybrid));
  const { known, registrations } = inventory;
  const clusters = inventory.clusters.map((cluster) => ({
    ...cluster,
    nodes: cluster.nodes.filter(({ instanceId }) => owns(instanceId)),
  }));
  const nothing = new NothingToAuditError(home.region, scope.cluster);
  // Settings that let no cluster in are more likely a slip than the wish to have everything archived.
  if (clusters.length === 0 && known.size > 0 && scope.cluster === undefined) throw nothing;

  const nodes = clusters.flatMap((cluster) => cluster.nodes);
  const collection = await time("collect", async () => {
    const document = await verifyDocument(clients.ssm, config.documentName, config.documentSha256);
    return collect(clients.ssm, nodes, registrations, { document, runId: id, until });
  });

  const now = run.now();
  const judgement = await time("judge", () => {
    const judgeUntil = halfOf(publishUntil);
    const moment = { now, isTimeUp: () => Date.now() >= judgeUntil };
    return judgeAll(clusters, collection.replies, config, home, moment, owns);
  });

  const store = { s3: clients.s3, bucket: config.ledgerBucket, home };
  const planned = await time("reconcile", () =>
    plan(clients, store, { seen: judgement.seen, scope, known, now }, halfOf(publishUntil)),
  );
  // Before anything is sent the ledgers say what may have been, so that a run may end at any moment.
  const announced = await time("announce", () => record(store, planned, () => "unsure"));
  const findings = planned.imports.map(({ finding }) => finding);
  const publication = await time("publish", () => publish(clients.securityHub, findings, publishUntil));
  const recorded = await time("record", () => record(store, announced.plan, fatesIn(publication)));

  const problems = [...(owns("cluster") ? inventory.problems : []), ...planned.problems];
  const { calls } = clients;
  const summary = summarize({ ...judgement, ...planned, ...publication, clusters, calls, phases, problems });
  const steps = [inventory, collection, judgement, planned, announced, publication, recorded];
  // A cluster that was deleted since the run was planned has a ledger: archiving what that remembers is what there was to do.
  const didNothing = clusters.length === 0 && (scope.cluster === undefined || planned.parts.length === 0);
  const trouble = [...steps.flatMap((step) => step.trouble), ...(didNothing ? [nothing] : []), ...brokenLaws(summary)];
  return { summary, outcomes: judgement.outcomes, trouble };
}

/** Judging may take its time, and so may rebuilding ledgers; each leaves half of the time that is left to what follows. */
function halfOf(publishUntil: number): number {
  return (Date.now() + publishUntil) / 2;
}
