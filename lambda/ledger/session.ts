import { createHash } from "node:crypto";
import type { Clients } from "../aws/clients.ts";
import { pacer } from "../aws/pace.ts";
import { inParallel } from "../aws/parallel.ts";
import type { Import } from "../domain/finding.ts";
import type { Place } from "../domain/place.ts";
import {
  type Judged,
  type KeptStatus,
  keptStatus,
  type NodeSubject,
  type Result,
  wholeCluster,
} from "../domain/result.ts";
import type { Scope } from "../domain/scope.ts";
import { type Owns, ownsAll } from "../domain/scope.ts";
import type { Seen } from "../domain/seen.ts";
import { type Publication, SecurityHubDisabledError } from "../securityhub/publish.ts";
import {
  findOtherClusters,
  type HubReading,
  hasFindings,
  holdsOthers,
  readRate,
  valuesPerFilter,
} from "../securityhub/read.ts";
import { counted } from "../text.ts";
import { type Diff, diff, type Fate, settle } from "./diff.ts";
import { type Ledger, type LedgerSubject, merge } from "./ledger.ts";
import { type LoadedLedger, loadLedger } from "./load.ts";
import { type Observation, observe, turnAt } from "./look.ts";
import { type LedgerStore, listLedgers, readLedger, type StoredLedger, writeLedger } from "./store.ts";

/** Ledgers read or written at the same time. */
const ledgersAtOnce = 10;

/** The ledgers of an account-Region on which one run works. */
export interface Ledgers {
  store: LedgerStore;
  /** Access to Security Hub, to compare ledgers with it and to rebuild lost ones. */
  reading: HubReading;
  /** The subjects, of all clusters, whose findings the run publishes. */
  owns: Owns;
  /** When the run began to list the nodes, epoch milliseconds. */
  listedAt: number;
  /** A run compares one of every `lookEvery` clusters with Security Hub; 1 means all clusters. */
  lookEvery: number;
  /** Clusters that have no ledger and no findings in Security Hub. */
  fresh: ReadonlySet<string>;
  /** Comparisons by cluster that were begun before the cluster's nodes have replied. */
  looks: Map<string, Promise<Observation | undefined>>;
  /** Loaded ledgers by cluster. */
  open: Map<string, Pick<LoadedLedger, "ledger" | "stored">>;
}

export function ledgersOf(
  { s3, securityHub }: Pick<Clients, "s3" | "securityHub">,
  bucket: string,
  place: Place,
  { now, listedAt = now(), owns = ownsAll }: { now(): number; listedAt?: number; owns?: Owns },
): Ledgers {
  const reading = { hub: securityHub, place, turn: pacer(readRate) };
  return {
    store: { s3, bucket, place, now },
    reading,
    owns,
    listedAt,
    lookEvery: 1,
    fresh: new Set(),
    looks: new Map(),
    open: new Map(),
  };
}

/**
 * Number of clusters that one run compares with Security Hub: as many as fit into the time that the run needs anyway. A
 * comparison takes one or two calls at the rate for reading.
 */
function looksIn({ nodes, clusters }: { nodes: number; clusters: number }): number {
  const seconds = Math.max(replySeconds, nodes / nodesPerSecond, clusters / clustersPerSecond);
  return Math.floor((readRate.burst + seconds * lookingPart * readRate.perSecond) / 2);
}

/** Part of the run's time that is left when the nodes have been listed. */
const lookingPart = 0.8;

/** Seconds until the first nodes have replied, and the pace at which SSM and EKS allow to query nodes and clusters. */
const replySeconds = 3;
const nodesPerSecond = 250;
const clustersPerSecond = 10;

/** Comparisons under way at the same time. Each holds a ledger in memory. */
const looksAtOnce = 2;

/** Begins to compare the clusters with Security Hub, in this order, while their nodes are queried. */
export function lookAhead(ledgers: Ledgers, clusters: Iterable<string>): void {
  const { store, reading, owns, looks, fresh } = ledgers;
  const chosen = Array.from(clusters, (cluster) => ({
    cluster,
    ...Promise.withResolvers<Observation | undefined>(),
  })).filter(({ cluster }) => isLookedAt(cluster, ledgers) && !fresh.has(cluster));
  for (const { cluster, promise } of chosen) {
    looks.set(cluster, promise);
    // The error is reported when the cluster's ledger is loaded.
    promise.catch(() => undefined);
  }
  void inParallel(looksAtOnce, chosen, async ({ cluster, resolve, reject }) => {
    try {
      const found = await readLedger(store, cluster);
      const compared = { cluster, owns, now: store.now() };
      resolve("ledger" in found ? await observe(reading, found.ledger, compared) : undefined);
    } catch (error) {
      reject(error);
    }
  });
}

/** Whether this run compares the cluster with Security Hub. */
function isLookedAt(cluster: string, { lookEvery, store }: Ledgers): boolean {
  return (
    (createHash("sha256").update(cluster).digest().readUInt32BE() + turnAt(store.now(), "cluster")) % lookEvery === 0
  );
}

/** One cluster's part in the plan. */
interface ClusterPlan {
  cluster: string;
  /** The ledger before this run. */
  before: Ledger;
  diff: Diff;
  /** The object in the bucket; absent if it could not be read or written. */
  stored?: StoredLedger & { merged?: boolean };
  owns: Owns;
}

export interface Plan {
  parts: readonly ClusterPlan[];
  unchanged: number;
  held: number;
  /** The findings to send: changes of all clusters, then refreshes, which can wait. */
  imports: readonly Import[];
  /** Problems of the ledgers, as sentences. */
  problems: readonly string[];
  trouble: readonly Error[];
}

/**
 * Compares the results of the run with the ledgers. Findings get the time `now`, and lost ledgers are rebuilt until
 * `until`; both are epoch milliseconds.
 */
export async function plan(ledgers: Ledgers, seen: readonly Seen[], now: number, until: number): Promise<Plan> {
  const { store, reading, open, looks, listedAt } = ledgers;
  const parts = await inParallel(ledgersAtOnce, seen, async (each) => {
    const { cluster, owns = ownsAll } = each;
    const known = open.get(cluster);
    const isFresh = ledgers.fresh.has(cluster);
    const observation = looks.get(cluster);
    // An observation is not used again: findings that this run sends are newer.
    looks.delete(cluster);
    const isChosen = isLookedAt(cluster, ledgers);
    const loading = { until, isLookedAt: isChosen, observation, isFresh, owns: ledgers.owns };
    const loaded = known ? { ...known, trouble: [] } : await loadLedger(store, reading, cluster, loading);
    open.set(cluster, loaded);
    const { ledger: before, ...rest } = loaded;
    return { ...rest, cluster, owns, before, diff: diff(store.place, before, { ...each, listedAt }, now) };
  });
  const imports = parts.flatMap((part) => part.diff.imports);
  const isRefresh = ({ why }: Import) => why === "refresh";
  const sum = (count: "unchanged" | "held") => parts.reduce((all, each) => all + each.diff[count], 0);
  return {
    parts,
    unchanged: sum("unchanged"),
    held: sum("held"),
    imports: [...imports.filter((each) => !isRefresh(each)), ...imports.filter(isRefresh)],
    problems: parts.flatMap((part) => ("problem" in part && part.problem ? [part.problem] : [])),
    trouble: parts.flatMap(({ cluster, trouble, diff: { locked } }) =>
      locked.length > 0 ? [...trouble, new LockedFindingsError(cluster, locked)] : trouble,
    ),
  };
}

/**
 * A sentence about findings whose UpdatedAt is the latest possible time. Security Hub ignores every update of such a
 * finding and keeps the text that another importer wrote.
 */
export class LockedFindingsError extends Error {
  override readonly name = "LockedFindingsError";
  constructor(cluster: string, [first, ...others]: readonly string[]) {
    super(
      `Security Hub does not update ${first}${others.length > 0 ? ` and ${counted(others.length, "other finding")} of cluster ${cluster}` : ""}, because its UpdatedAt is at the end of the year 9999. The auditor writes no such time. Find the other importer in CloudTrail (BatchImportFindings), remove its permission, and suppress the finding.`,
    );
  }
}

/** Clusters that the run does not audit. */
interface Others {
  scope: Scope;
  owns: Owns;
  /** Names of the clusters that the run audits, and of all existing clusters. */
  audited: ReadonlySet<string>;
  known: ReadonlySet<string>;
  /** Number of nodes that the run audits. */
  nodes: number;
}

/**
 * Clusters in the scope that are not audited but have a ledger or active findings. They are gone, or the settings
 * exclude them. Security Hub is searched as well, because a ledger can be lost together with its cluster.
 */
export async function findAbsent(
  ledgers: Ledgers,
  { scope, owns, audited, known, nodes }: Others,
): Promise<{ absent: Seen[]; trouble: Error[] }> {
  // Many runs in an hour may cover a few instances each. Security Hub allows few calls, so such runs do not search.
  if (scope.instances) ledgers.lookEvery = Number.POSITIVE_INFINITY;
  if (scope.instances) return { absent: [], trouble: [] };
  const trouble: Error[] = [];
  const note = (error: unknown) => {
    if (error instanceof SecurityHubDisabledError || !(error instanceof Error)) throw error;
    trouble.push(error);
    return [];
  };
  const listed = await listLedgers(ledgers.store).catch(note);
  const remembered = listed.filter((cluster) => !audited.has(cluster) && cluster === (scope.cluster ?? cluster));
  ledgers.fresh = scope.cluster === undefined ? await findFresh(ledgers, audited, new Set(listed)) : new Set();
  const forgotten =
    ledgers.fresh.size > 0
      ? []
      : await findForgotten(ledgers, { scope, owns, known: new Set([...audited, ...listed]) }).catch(note);
  const names = [...remembered, ...forgotten];
  const clusters = audited.size + names.length;
  ledgers.lookEvery = Math.max(1, Math.ceil(clusters / looksIn({ nodes, clusters })));
  const absent = names.map((cluster): Seen => {
    const absence = known.has(cluster) ? "CLUSTER_NOT_AUDITED" : "CLUSTER_GONE";
    return { cluster, complete: true, absence, owns, subjects: [] };
  });
  return { absent, trouble };
}

/**
 * Returns the clusters without a ledger if Security Hub certainly holds no findings of them. One query answers this for
 * all of them, so a first audit does not need a query for each cluster.
 */
async function findFresh({ reading }: Ledgers, audited: ReadonlySet<string>, listed: ReadonlySet<string>) {
  const fresh = audited.difference(listed);
  // With more ledgers, the query cannot exclude all their clusters and would always find findings.
  const isAnswerable = fresh.size > 0 && listed.size <= valuesPerFilter;
  // If this query fails, Security Hub is queried for each cluster without a ledger. Failures of those queries are
  // reported, so this failure is not.
  const isAllKnown = isAnswerable && !(await holdsOthers(reading, listed).catch(() => true));
  return isAllKnown ? fresh : new Set<string>();
}

/** Clusters with active findings but without nodes and without a ledger. */
async function findForgotten(
  { reading, store }: Ledgers,
  { scope, owns, known }: Pick<Others, "scope" | "owns" | "known">,
): Promise<string[]> {
  if (scope.cluster !== undefined) {
    const isForgotten = !known.has(scope.cluster) && (await hasFindings(reading, scope.cluster));
    return isForgotten ? [scope.cluster] : [];
  }
  return owns(wholeCluster) ? await findOtherClusters(reading, known, store.now()) : [];
}

/**
 * Returns the outcome of each import. If the reply was lost, the finding is neither accepted nor rejected, and its
 * outcome is "unsure".
 */
export function fatesIn({ accepted, refused }: Publication): (findingId: string) => Fate {
  return (id) => (accepted.has(id) ? "accepted" : refused.has(id) ? "refused" : "unsure");
}

/** The plan with the written ledgers, for the next write. */
export interface Recorded {
  plan: Plan;
  trouble: readonly Error[];
}

/**
 * A ledger could not be written. The findings of its cluster were not sent, because the ledger must be marked before.
 */
export class LedgerUnannouncedError extends Error {
  override readonly name = "LedgerUnannouncedError";
  constructor(cluster: string, findings: number) {
    super(
      `Sent none of ${findings} findings of cluster ${cluster}, because its ledger could not be read or written. The next run sends them.`,
    );
  }
}

/**
 * Marks in the ledgers each finding that is about to be sent, so that the run may end at any moment. If a cluster's
 * ledger cannot be written, the returned plan contains none of its imports: a later run would compare with a wrong
 * ledger.
 */
export async function announce(ledgers: Ledgers, plan: Plan): Promise<Recorded> {
  const isSending = (part: ClusterPlan) => part.diff.imports.length > 0;
  const written = await write(ledgers, plan, isSending, () => "unsure");
  const unannounced = written.plan.parts.filter((part) => isSending(part) && !part.stored);
  const withheld = new Set(unannounced.flatMap((part) => part.diff.imports));
  const imports = plan.imports.filter((each) => !withheld.has(each));
  const errors = unannounced.map((part) => new LedgerUnannouncedError(part.cluster, part.diff.imports.length));
  return { plan: { ...written.plan, imports }, trouble: [...written.trouble, ...errors] };
}

/** Writes the outcome of the imports into the ledgers. */
export async function record(ledgers: Ledgers, plan: Plan, fateOf: (findingId: string) => Fate): Promise<Recorded> {
  return await write(ledgers, plan, () => true, fateOf);
}

async function write(
  { store, open }: Ledgers,
  plan: Plan,
  isWritten: (part: ClusterPlan) => boolean,
  fateOf: (findingId: string) => Fate,
): Promise<Recorded> {
  const trouble: Error[] = [];
  const parts = await inParallel(ledgersAtOnce, plan.parts, async (part): Promise<ClusterPlan> => {
    const { cluster, before, stored, owns } = part;
    if (!stored || !isWritten(part)) return part;
    const own = settle(before, part.diff, fateOf);
    try {
      // Entries that another run wrote meanwhile are kept.
      const ledger = stored.merged ? merge(own, stored.ledger, owns) : own;
      const written = await writeLedger(store, cluster, ledger, stored, owns);
      const { merged: _, ...rest } = written;
      open.set(cluster, { ledger: written.ledger, stored: rest });
      return { ...part, stored: written };
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      trouble.push(error);
      const { stored: _, ...unwritten } = part;
      return unwritten;
    }
  });
  return { plan: { ...plan, parts }, trouble };
}

/**
 * Minutes from the launch to the first verdicts, for each node that gets its first verdicts at `now`. A cluster that
 * has never been audited is left out, because its nodes may have run for months.
 */
export function minutesToFirstVerdict(
  { parts }: Pick<Plan, "parts">,
  nodes: readonly Judged<NodeSubject>[],
  now: number,
): number[] {
  const known = new Map(parts.map(({ cluster, before }) => [cluster, before]));
  return nodes.flatMap(({ subject: { id, node, unreadable } }) => {
    const before = known.get(node.cluster);
    const isFirst = before !== undefined && before.size > 0 && !before.has(id);
    if (!isFirst || unreadable || node.launchedAt === undefined) return [];
    return Math.max(0, (now - Date.parse(node.launchedAt)) / 60_000);
  });
}

/** The nodes with data from the ledgers: held verdicts, and since when a rule fails. */
export function withHeld(nodes: readonly Judged<NodeSubject>[], { parts }: Pick<Plan, "parts">): Judged<NodeSubject>[] {
  const byCluster = new Map(parts.map((part) => [part.cluster, part]));
  return nodes.map(({ subject, results }) => {
    const part = byCluster.get(subject.node.cluster);
    const kept = part?.diff.next.get(subject.id)?.findings;
    const before = part?.before.get(subject.id);
    const complete = (result: Result): Result => {
      const held = heldAs(result, kept?.get(result.rule.id)?.status);
      const since = failingSince(result, before);
      return { ...result, ...(held && { held }), ...(since !== undefined && { since }) };
    };
    return { subject, results: results.map(complete) };
  });
}

function heldAs({ status }: Result, kept: KeptStatus = "notAvailable"): Result["held"] {
  return keptStatus(status) === "notAvailable" && kept !== "notAvailable" ? kept : undefined;
}

/**
 * Epoch milliseconds from which the ledger shows the finding as failed: its last update. An update with the same status
 * moves this time forward, so the failure can be older.
 */
function failingSince({ rule, subject, status }: Result, known: LedgerSubject | undefined): number | undefined {
  if (status !== "failed") return undefined;
  const published = known?.findings.get(rule.id);
  if (published?.archived || published?.status !== "failed") return undefined;
  const isUnreadable = subject.kind === "node" && subject.unreadable !== undefined;
  return isUnreadable && known?.unreadSince !== undefined ? known.unreadSince : published.updatedAt;
}
