import type { ClusterInventory } from "../domain/capacity.ts";
import type { Import } from "../domain/finding.ts";
import { type Judged, keptStatus, type NodeSubject } from "../domain/result.ts";
import type { Seen } from "../domain/seen.ts";
import type { ClusterSummary, ExceptionReport, NodeCount, Outcome, Summary } from "../domain/summary.ts";
import { harmless } from "../text.ts";
import { ConservationError, NothingAuditedError } from "./errors.ts";

type Counted = "findings" | "failedByRule" | "imported" | "rejected" | "sent" | "unchanged" | "held";

/** Counts of the results so far. The function's memory is too small for all results of many nodes. */
export interface Tally extends Pick<Summary, Counted> {
  outcomes: Outcome[];
  /** Minutes from the launch to the first verdicts, for each node that got its first verdicts in this run. */
  minutesToFirstVerdict: number[];
}

export function startTally(): Tally {
  return {
    outcomes: [],
    minutesToFirstVerdict: [],
    findings: { passed: 0, failed: 0, notAvailable: 0, excepted: 0 },
    failedByRule: {},
    imported: 0,
    rejected: 0,
    sent: { new: 0, changed: 0, reactivated: 0, archived: 0, refresh: 0 },
    unchanged: 0,
    held: 0,
  };
}

/** The results of one batch of nodes. */
interface Batch {
  judged: readonly Judged<NodeSubject>[];
  seen: readonly Seen[];
  imports: readonly Import[];
  accepted: ReadonlySet<string>;
  rejected: number;
  unchanged: number;
  held: number;
}

export function addTo(tally: Tally, { judged, seen, imports, accepted, ...counts }: Batch): void {
  for (const { subject } of judged) tally.outcomes.push(outcomeOf(subject));
  for (const { rule, status } of seen.flatMap(({ subjects }) => subjects.flatMap(({ results }) => results))) {
    tally.findings[keptStatus(status)] += 1;
    tally.failedByRule[rule.id] = (tally.failedByRule[rule.id] ?? 0) + (status === "failed" ? 1 : 0);
  }
  for (const { why, id } of imports) if (accepted.has(id)) tally.sent[why] += 1;
  tally.imported += accepted.size;
  tally.rejected += counts.rejected;
  tally.unchanged += counts.unchanged;
  tally.held += counts.held;
}

/** The outcome of a node. It lacks the rest of the subject, to save memory. */
export function outcomeOf({ node, unreadable }: NodeSubject): Outcome {
  return { node, ...(unreadable && { unreadable }) };
}

/** Number of calls by IAM action, sorted by action. */
export function callsIn(calls: ReadonlyMap<string, number>): Summary["calls"] {
  return Object.fromEntries([...calls].sort());
}

/** The input of `summarize`. */
export interface Account {
  clusters: readonly ClusterInventory[];
  tally: Tally;
  exceptions: ExceptionReport;
  calls: ReadonlyMap<string, number>;
  phases: Record<string, number>;
  seconds: number;
  problems: readonly string[];
  endedBy?: Error;
}

export function summarize(account: Account): Summary {
  const { clusters, tally, exceptions, calls, phases, seconds, problems, endedBy } = account;
  const { outcomes, minutesToFirstVerdict: _, ...counts } = tally;
  const ofCluster = Map.groupBy(outcomes, ({ node }) => node.cluster);
  return {
    clusters: clusters.length,
    nodes: countNodes(clusters.flatMap(({ nodes }) => nodes).length, outcomes),
    ...counts,
    exceptions,
    calls: callsIn(calls),
    seconds,
    perCluster: clusters.map((cluster) => summarizeCluster(cluster, ofCluster.get(cluster.cluster.name) ?? [])),
    phases,
    problems: problems.map(harmless),
    ...(endedBy && { endedBy: harmless(`${endedBy.name}: ${endedBy.message}`) }),
  };
}

/** The summary of a run that could not begin, because its settings, its scope or its credentials are wrong. */
export function summarizeNothing(calls: ReadonlyMap<string, number>, endedBy: Error): Summary {
  const exceptions = { holding: 0, expired: [], unused: [] };
  return summarize({
    clusters: [],
    tally: startTally(),
    exceptions,
    calls,
    phases: {},
    seconds: 0,
    problems: [],
    endedBy,
  });
}

function summarizeCluster(
  { cluster: { name }, nodes, providerManaged, fargateProfiles, emptyNodeGroups }: ClusterInventory,
  outcomes: readonly Outcome[],
): ClusterSummary {
  return {
    name,
    nodes: countNodes(nodes.length, outcomes),
    starting: outcomes
      .filter(isStarting)
      .slice(0, startingNamed)
      .map(({ node }) => node.instanceId),
    providerManaged,
    fargateProfiles: fargateProfiles.length,
    scaledToZero: emptyNodeGroups.filter(({ desired }) => desired === 0).map((group) => group.name),
  };
}

/** Maximum number of starting nodes in the summary of a cluster; nodes.starting counts all of them. */
const startingNamed = 20;

const isStarting = ({ unreadable }: Outcome) => unreadable?.code === "STARTING";

/** Counts the nodes. `total` is their number in the inventory. `outcomes` has the nodes that the run finished. */
export function countNodes(total: number, outcomes: readonly Outcome[]): NodeCount {
  const rest = outcomes.filter((outcome) => !isStarting(outcome));
  const codes = rest.flatMap(({ unreadable }) => (unreadable ? [unreadable.code] : []));
  const notAuditable: NodeCount["notAuditable"] = {};
  for (const code of codes.sort()) notAuditable[code] = (notAuditable[code] ?? 0) + 1;
  return { total, audited: rest.length - codes.length, starting: outcomes.length - rest.length, notAuditable };
}

/** Errors if a cluster's outcomes do not add up to its nodes, or if a run over whole clusters audited no node. */
export function brokenLaws({ nodes, perCluster }: Pick<Summary, "nodes" | "perCluster">, isWhole = true): Error[] {
  const lossy = perCluster.filter((cluster) => !isConserved(cluster.nodes));
  return [
    ...lossy.map((cluster) => new ConservationError(cluster.name, cluster.nodes)),
    ...(isWhole && nodes.total > nodes.starting && nodes.audited === 0 ? [new NothingAuditedError(nodes)] : []),
  ];
}

function isConserved({ total, audited, starting, notAuditable }: NodeCount): boolean {
  return total === Object.values(notAuditable).reduce((sum, count) => sum + count, audited + starting);
}
