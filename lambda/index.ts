import "./run/no-eval.ts";
import { Metrics } from "@aws-lambda-powertools/metrics";
import type { STSClient } from "@aws-sdk/client-sts";
import { type Audit, audit } from "./audit.ts";
import { bounded, type Clients, createClients } from "./aws/clients.ts";
import { assumeMemberRole, type Membership } from "./aws/member.ts";
import { storeReport } from "./aws/report-store.ts";
import { readConfig } from "./config.ts";
import type { Place } from "./domain/place.ts";
import { placeOf } from "./domain/place.ts";
import type { Outcome, Summary } from "./domain/summary.ts";
import { keepReport } from "./report/kept-report.ts";
import { deadline } from "./run/deadline.ts";
import { asError, RunFailedError } from "./run/errors.ts";
import type { LambdaContext } from "./run/lambda-context.ts";
import { logger } from "./run/logger.ts";
import { metricNamespace, metricService } from "./run/metric-names.ts";
import { printMetrics } from "./run/metrics.ts";
import { readScope, refuseForeign } from "./run/read-scope.ts";
import { callsIn, summarizeNothing } from "./run/summarize.ts";

/** Milliseconds kept for what follows the collection: about 60,000 findings are judged and published in this time. */
const reserve = 90_000;

/** Milliseconds kept for what follows the publication: the ledgers are written. */
const lastReserve = 25_000;

/** Milliseconds before Lambda's end at which every call is given up and the summary is written. */
const summaryReserve = 12_000;

const metrics = new Metrics({ namespace: metricNamespace, serviceName: metricService });
const own = createClients();

/**
 * One audit of the function's own account and Region, or of what else `event` asks for. Throws when any of it failed, after
 * having done the rest. However a run ends, it logs its summary and prints its metrics.
 */
export async function handler(event: unknown, context: LambdaContext): Promise<Summary> {
  own.calls.clear();
  const { outcomes, trouble, summary, endedBy } = await auditEvent(event, context).catch((reason): Audit => {
    const error = asError(reason);
    return { summary: summarizeNothing(own.calls, error), outcomes: [], trouble: [error], endedBy: error };
  });
  nameNotAuditable(outcomes);
  for (const error of trouble) logger.error("trouble", error);
  logger.info("audit", { summary });
  printMetrics(metrics, summary);
  if (endedBy) throw endedBy;
  if (trouble.length > 0) throw new RunFailedError(trouble);
  return summary;
}

/** Throws only when the audit cannot begin. */
async function auditEvent(event: unknown, context: LambdaContext): Promise<Audit> {
  logger.removeKeys(["scope"]);
  const config = readConfig(process.env);
  const scope = readScope(event);
  const here = placeOf(context.invokedFunctionArn);
  if (!config.membership) refuseForeign(scope, here);
  else logger.appendKeys({ scope });
  const place = {
    ...here,
    ...(scope.account && { account: scope.account }),
    ...(scope.region && { region: scope.region }),
  };
  const end = Date.now() + context.getRemainingTimeInMillis();
  const untilSummary = deadline(end - summaryReserve);
  const { sts } = bounded(own, untilSummary);
  const clients = config.membership ? await memberClients(sts, config.membership, place, context.awsRequestId) : own;
  // Of a part of the fleet there is no report: it would stand in the place of one of the whole.
  const isWhole = scope.cluster === undefined && scope.shard === undefined;
  const { s3 } = bounded(clients, untilSummary);
  const reports = { s3, bucket: config.ledgerBucket, place };
  const report = config.report && isWhole ? keepReport(place, (html) => storeReport(reports, html)) : undefined;
  const audited = await audit(clients, config, {
    id: context.awsRequestId,
    place,
    scope,
    now: Date.now,
    until: end - reserve,
    publishUntil: end - lastReserve,
    ...(report && { onJudged: report.onJudged }),
  });
  // A run that ended early has no report: it would stand in the place of one with all nodes.
  const unstored = audited.endedBy ? [] : await report?.store({ at: Date.now(), ...audited });
  const summary = { ...audited.summary, calls: callsIn(clients.calls) };
  return { ...audited, summary, trouble: [...audited.trouble, ...(unstored ?? [])] };
}

/** Instance ids in one line of the log: at 22 bytes each, far below the 256 KB of an event. */
const idsInLine = 2_000;

/** A line for each node, and for those that time ran out for, of whom there may be tens of thousands, a line for many. */
function nameNotAuditable(outcomes: readonly Outcome[]): void {
  const late: string[] = [];
  for (const { node, unreadable } of outcomes) {
    // Nodes that are starting are named in the summary.
    if (unreadable?.code === "STARTING") continue;
    if (unreadable?.code === "OUT_OF_TIME") late.push(node.instanceId);
    else if (unreadable)
      logger.warn("node not auditable", { instanceId: node.instanceId, cluster: node.cluster, ...unreadable });
  }
  for (let start = 0; start < late.length; start += idsInLine)
    logger.warn("nodes not reached in time", { instanceIds: late.slice(start, start + idsInLine) });
}

/** A member is audited in its own name, so that its findings are its own; the ledgers are kept in the name of the hub. */
async function memberClients(sts: STSClient, membership: Membership, place: Place, runId: string): Promise<Clients> {
  const credentials = await assumeMemberRole(sts, membership, place, runId);
  return { ...createClients(place.region, credentials, own.calls), s3: own.s3 };
}
