import "./run/no-eval.ts";
import { Metrics } from "@aws-lambda-powertools/metrics";
import { type Audit, audit } from "./audit.ts";
import { chunk } from "./aws/chunk.ts";
import { bounded, type Clients, createClients } from "./aws/clients.ts";
import { assumeMemberRole, MemberRoleError } from "./aws/member.ts";
import { storeReport } from "./aws/report-store.ts";
import { type Config, ConfigError, readConfig } from "./config.ts";
import { type Place, placeOf } from "./domain/place.ts";
import type { Scope } from "./domain/scope.ts";
import type { Outcome, Summary } from "./domain/summary.ts";
import { readStateChanges, type StateChanges } from "./events/state-changes.ts";
import { partOfRates, takeStateChanges } from "./events/take.ts";
import { keepReport } from "./report/kept-report.ts";
import { deadline, type Limits, limitsOf } from "./run/deadline.ts";
import { asError, distinct, RunFailedError } from "./run/errors.ts";
import type { LambdaContext } from "./run/lambda-context.ts";
import { logger } from "./run/logger.ts";
import { metricNamespace, metricService } from "./run/metric-names.ts";
import { printFirstVerdicts, printMetrics, printRunEnd } from "./run/metrics.ts";
import { readScope, refuseForeign } from "./run/read-scope.ts";
import { callsIn, summarizeNothing } from "./run/summarize.ts";

const metrics = new Metrics({ namespace: metricNamespace, serviceName: metricService });
const own = createClients();
let ownForMessages: Clients | undefined;

/**
 * Audits the function's own account-Region, or the scope in `event`. If `event` holds messages of the queue, it audits
 * the instances that the messages name. If a part of the audit failed, it throws after it has done all other work.
 * Every run logs its summary and prints its metrics, even a run that fails.
 */
export async function handler(event: unknown, context: LambdaContext): Promise<Summary | BatchResponse> {
  own.calls.clear();
  logger.removeKeys(["scope"]);
  const changes = readStateChanges(event);
  if (changes) return auditChanged(changes, readConfig(process.env), context);
  const { outcomes, minutesToFirstVerdict, trouble, summary, endedBy } = await auditEvent(event, context).catch(
    (reason): Audit => {
      const error = asError(reason);
      const nothing = { outcomes: [], minutesToFirstVerdict: [], unfinished: new Set<string>() };
      return { ...nothing, summary: summarizeNothing(own.calls, error), trouble: [error], endedBy: error };
    },
  );
  nameNotAuditable(outcomes);
  logTrouble(trouble);
  logger.info("audit", { summary });
  printMetrics(metrics, summary);
  printFirstVerdicts(metrics, minutesToFirstVerdict);
  printRunEnd(metrics, trouble.length > 0);
  if (endedBy) throw endedBy;
  if (trouble.length > 0) throw new RunFailedError(trouble);
  return summary;
}

/** Throws only when the audit cannot begin. */
async function auditEvent(event: unknown, context: LambdaContext): Promise<Audit> {
  const config = readConfig(process.env);
  const scope = readScope(event);
  const here = placeOf(context.invokedFunctionArn);
  if (!config.membership) refuseForeign(scope, here);
  else logger.appendKeys({ scope });
  const place = placeIn(here, scope);
  const times = timesOf(context);
  const clients = await clientsOf(config, place, context, times);
  // A run of a part of the account-Region stores no report, because it would replace the report of the whole.
  const isWhole = scope.cluster === undefined && scope.shard === undefined;
  const { s3 } = bounded(clients, deadline(times.lastCall));
  const reports = { s3, bucket: config.ledgerBucket, place };
  const report = config.report && isWhole ? keepReport(place, (html) => storeReport(reports, html)) : undefined;
  const audited = await audit(clients, config, {
    id: context.awsRequestId,
    place,
    scope,
    now: Date.now,
    ...times,
    ...(report && { onJudged: report.onJudged }),
  });
  // A run that ended early stores no report, because it would replace a report with all nodes.
  const unstored = audited.endedBy ? [] : await report?.store({ at: Date.now(), ...audited });
  const summary = { ...audited.summary, calls: callsIn(clients.calls) };
  return { ...audited, summary, trouble: [...audited.trouble, ...(unstored ?? [])] };
}

/** Source: AWS Lambda Developer Guide, "Reporting batch item failures". */
interface BatchResponse {
  batchItemFailures: { itemIdentifier: string }[];
}

/**
 * Audits the instances that the messages name. It returns to the queue only the messages of instances that it could not
 * finish, and does not throw. It prints no metrics of a whole run, because a few nodes do not represent all nodes.
 */
async function auditChanged(changes: StateChanges, config: Config, context: LambdaContext): Promise<BatchResponse> {
  const here = placeOf(context.invokedFunctionArn);
  const times = timesOf(context);
  const { queueUrl } = config;
  if (!queueUrl) throw new ConfigError("QUEUE_URL", queueUrl, "set it, because a queue invokes the function");
  const imported = { new: 0, changed: 0, reactivated: 0, archived: 0, refresh: 0 };
  const problems: string[] = [];
  ownForMessages ??= createClients(undefined, undefined, own.calls, partOfRates);
  const clientsHere = ownForMessages;
  const taken = await takeStateChanges(bounded(own, deadline(times.lastCall)).sqs, changes, {
    queueUrl,
    until: times.until,
    now: Date.now,
    isAudited: config.isAudited,
    async clientsOf(place) {
      const isHere = place.account === here.account && place.region === here.region;
      if (!config.membership) return isHere ? clientsHere : undefined;
      return clientsOf(config, placeIn(here, place), context, times, partOfRates).catch((error: unknown) => {
        // The account is not a member. If it is a member that lacks the role, the scheduled run fails.
        if (error instanceof MemberRoleError && error.isDenied) return undefined;
        throw error;
      });
    },
    async audit(clients, place, listed) {
      const scope = { instances: listed.instances.map(({ InstanceId }) => InstanceId) };
      const run = { id: context.awsRequestId, place: placeIn(here, place), scope, ...listed, now: Date.now, ...times };
      const { summary, outcomes, minutesToFirstVerdict, unfinished, trouble } = await audit(clients, config, run);
      nameNotAuditable(outcomes);
      printFirstVerdicts(metrics, minutesToFirstVerdict);
      problems.push(...summary.problems);
      for (const [why, count] of Object.entries(summary.sent)) imported[why as keyof typeof imported] += count;
      return { unfinished, trouble };
    },
  });
  logTrouble(taken.trouble);
  const { messages, foreign, nodes, returned } = taken;
  const counts = { messages, foreign, nodes, returned: returned.length, imported };
  logger.info("events", { ...counts, problems, calls: callsIn(own.calls) });
  return { batchItemFailures: returned.map(({ messageId }) => ({ itemIdentifier: messageId })) };
}

/** Logs each error once. */
function logTrouble(trouble: readonly Error[]): void {
  for (const { error, times } of distinct(trouble)) logger.error("trouble", { error, ...(times > 1 && { times }) });
}

function placeIn(here: Place, { account, region }: Pick<Scope, "account" | "region">): Place {
  return { ...here, ...(account && { account }), ...(region && { region }) };
}

/** The limits of a run in this invocation, epoch milliseconds. */
function timesOf(context: LambdaContext): Limits {
  return limitsOf(Date.now() + context.getRemainingTimeInMillis());
}

/**
 * Maximum number of instance ids in one log line. At 22 bytes each, a line stays far below the 256 KB of a log event.
 */
const idsInLine = 2_000;

/**
 * Logs one line for each node that was not auditable. Nodes that the run did not reach in time share lines, because
 * they can be tens of thousands.
 */
function nameNotAuditable(outcomes: readonly Outcome[]): void {
  const late: string[] = [];
  for (const { node, unreadable } of outcomes) {
    // The summary lists starting nodes.
    if (unreadable?.code === "STARTING") continue;
    if (unreadable?.code === "OUT_OF_TIME") late.push(node.instanceId);
    else if (unreadable)
      logger.warn("node not auditable", { instanceId: node.instanceId, cluster: node.cluster, ...unreadable });
  }
  for (const instanceIds of chunk(late, idsInLine)) logger.warn("nodes not reached in time", { instanceIds });
}

/**
 * Clients for an audit of `place`. A member is audited with its own role, so its findings are in its account; the hub's
 * role keeps the ledgers.
 */
async function clientsOf(
  { membership }: Config,
  place: Place,
  { awsRequestId }: LambdaContext,
  { lastCall }: Limits,
  part = 1,
): Promise<Clients> {
  if (!membership) return own;
  const { sts } = bounded(own, deadline(lastCall));
  const credentials = await assumeMemberRole(sts, membership, place, awsRequestId);
  return { ...createClients(place.region, credentials, own.calls, part), s3: own.s3 };
}
