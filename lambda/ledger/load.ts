import { type Owns, ownsAll } from "../domain/scope.ts";
import { unseen } from "../securityhub/digest.ts";
import { SecurityHubDisabledError } from "../securityhub/publish.ts";
import type { HubReading } from "../securityhub/read.ts";
import { counted } from "../text.ts";
import type { Ledger } from "./ledger.ts";
import { correct, type Observation, observe } from "./look.ts";
import { rebuildLedger } from "./rebuild.ts";
import { type LedgerStore, readLedger, type StoredLedger } from "./store.ts";

/** The ledger that this run compares with. */
export interface LoadedLedger {
  ledger: Ledger;
  /**
   * The object in the bucket, which the run replaces. Absent if the bucket cannot be read. The run then sends no
   * findings of the cluster.
   */
  stored?: StoredLedger;
  /** A sentence about a problem of the ledger. */
  problem?: string;
  trouble: Error[];
}

export interface Loading {
  /** When rebuilding must end, epoch milliseconds. */
  until: number;
  /** The run compares the ledger with Security Hub. */
  isLookedAt: boolean;
  /** The findings already read for the comparison; undefined if there was no ledger at that time. */
  observation?: Promise<Observation | undefined> | undefined;
  /** Security Hub holds no findings of the cluster, so a missing ledger is not rebuilt. */
  isFresh?: boolean;
  owns?: Owns;
}

/**
 * The ledger from the bucket, corrected by the findings in Security Hub. A lost, damaged or outdated ledger is rebuilt
 * from Security Hub.
 */
export async function loadLedger(
  store: LedgerStore,
  reading: HubReading,
  cluster: string,
  loading: Loading,
): Promise<LoadedLedger> {
  const { until, isLookedAt, observation, isFresh = false, owns = ownsAll } = loading;
  const trouble: Error[] = [];
  const note = (error: unknown): undefined => {
    if (error instanceof SecurityHubDisabledError || !(error instanceof Error)) throw error;
    trouble.push(error);
  };
  const now = store.now();
  const found = await readLedger(store, cluster).catch(note);
  if (isFresh && found && "missing" in found) return { ledger: new Map(), stored: { ledger: new Map() }, trouble };
  const stored = found && "ledger" in found ? found : undefined;
  const observed =
    stored && isLookedAt
      ? await (observation ?? observe(reading, stored.ledger, { cluster, owns, now })).catch(note)
      : undefined;
  if (stored && !observed?.isLost) {
    const { ledger, corrected } = observed ? correct(stored.ledger, observed, now) : { ...stored, corrected: 0 };
    return { ledger, stored, trouble, ...(corrected > 0 && { problem: correction(cluster, corrected) }) };
  }

  let isCreated = false;
  /** Another run may create the ledger while this run reads thousands of its findings. */
  const isSuperseded = async () => {
    isCreated = found !== undefined && "missing" in found && !("missing" in (await readLedger(store, cluster)));
    return isCreated;
  };
  const rebuilt = await rebuildLedger(reading, cluster, { until, now, isSuperseded }).catch(note);
  if (isCreated) return loadLedger(store, reading, cluster, loading);
  if (!rebuilt) return { ledger: stored ? inDoubt(stored.ledger) : new Map(), trouble, ...(stored && { stored }) };
  const { ledger, whole } = rebuilt;
  const place = stored ?? (found && "damaged" in found && found.etag ? { etag: found.etag } : {});
  const how = `It was rebuilt from the findings of ${counted(ledger.size, "node")} in Security Hub${whole ? "" : "; there was not enough time for all nodes"}.`;
  return {
    ledger: stored && !whole ? new Map([...inDoubt(stored.ledger), ...ledger]) : ledger,
    trouble,
    ...(found && { stored: { ...place, ledger: stored?.ledger ?? new Map() } }),
    // A cluster that is audited for the first time has no ledger, and nothing in Security Hub.
    ...((ledger.size > 0 || stored) && { problem: `${reasonOf(cluster, found)} ${how}` }),
  };
}

function correction(cluster: string, findings: number): string {
  return `Security Hub held ${counted(findings, "finding")} of cluster ${cluster} in another state than its ledger. The ledger was corrected.`;
}

function reasonOf(cluster: string, found: Awaited<ReturnType<typeof readLedger>> | undefined): string {
  if (found && "damaged" in found) return found.damaged.message;
  if (found && "ledger" in found)
    return `Security Hub does not hold the findings that the ledger of cluster ${cluster} lists.`;
  return `There is no ledger of cluster ${cluster}.`;
}

/**
 * The ledger with all active findings marked, so that the run sends them again. It is used if the findings in Security
 * Hub are unknown.
 */
function inDoubt(ledger: Ledger): Ledger {
  const doubted = [...ledger].map(([id, subject]) => {
    const findings = [...subject.findings].map(
      ([rule, published]) => [rule, published.archived ? published : { ...published, digest: unseen }] as const,
    );
    return [id, { ...subject, findings: new Map(findings) }] as const;
  });
  return new Map(doubted);
}
