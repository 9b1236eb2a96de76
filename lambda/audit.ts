import type { Clients } from "./aws/clients.ts";
import { collect } from "./aws/collect.ts";
import { takeInventory } from "./aws/inventory.ts";
import { publish } from "./aws/publish.ts";
import type { Config } from "./config.ts";
import { judgeAll } from "./judgement.ts";
import type { Home } from "./node.ts";
import { NothingToAuditError } from "./run-errors.ts";
import { startStopwatch } from "./stopwatch.ts";
import { brokenLaws, type Outcome, type Summary, summarize } from "./summary.ts";

/** One run, and where it takes place. */
export interface Run {
  id: string;
  home: Home;
  /** Epoch milliseconds after which no node is asked or waited for any more, so that there is time left to publish. */
  until: number;
}

export interface Audit {
  summary: Summary;
  outcomes: readonly Outcome[];
  /** What went wrong on our side or AWS's: with any of it the run has failed, though it did all the rest. */
  trouble: readonly Error[];
}

/** The whole run: who is there, what do they say, what follows from it, and off to Security Hub. */
export async function audit(clients: Clients, config: Config, { id, home, until }: Run): Promise<Audit> {
  const { time, phases } = startStopwatch();

  const inventory = await time("inventory", () => takeInventory(clients, home, config.isAudited));
  const { clusters, registrations } = inventory;
  if (clusters.length === 0) throw new NothingToAuditError(home.region);

  const nodes = clusters.flatMap((cluster) => cluster.nodes);
  const order = { documentName: config.documentName, runId: id, until };
  const collection = await time("collect", () => collect(clients.ssm, nodes, registrations, order));

  const judgement = await time("judge", () => judgeAll(clusters, collection.replies, config, home));
  const publication = await time("publish", () => publish(clients.securityHub, judgement.findings));

  const { outcomes, findings } = judgement;
  const { imported } = publication;
  const { problems } = inventory;
  const summary = summarize({ clusters, outcomes, findings, imported, calls: clients.calls, phases, problems });
  const trouble = [inventory, collection, judgement, publication].flatMap((done) => done.trouble);
  return { summary, outcomes, trouble: [...trouble, ...brokenLaws(summary)] };
}
