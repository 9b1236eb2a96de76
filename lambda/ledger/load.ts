import { InvalidAccessException, type SecurityHubClient } from "@aws-sdk/client-securityhub";
import { SecurityHubDisabledError } from "../securityhub/publish.ts";
import type { Ledger } from "./ledger.ts";
import { type Asking, rebuildLedger } from "./rebuild.ts";
import { type LedgerStore, readLedger, type StoredLedger } from "./store.ts";

/** What this run goes by. */
export interface LoadedLedger {
  ledger: Ledger;
  /** What lies in the bucket, to be replaced; absent when nothing is to be written. */
  stored?: StoredLedger;
  /** What somebody should know of it, as a sentence. */
  problem?: string;
  trouble: Error[];
}

/**
 * The ledger from the bucket; where it is lost or damaged, or the bucket is out of reach, from Security Hub itself.
 */
export async function loadLedger(
  store: LedgerStore,
  hub: SecurityHubClient,
  cluster: string,
  asking: Asking,
): Promise<LoadedLedger> {
  const trouble: Error[] = [];
  const note = (error: unknown) => {
    if (error instanceof InvalidAccessException) throw new SecurityHubDisabledError(error.message, error);
    if (!(error instanceof Error)) throw error;
    trouble.push(error);
  };
  const found = await readLedger(store, cluster).catch(note);
  if (found && "ledger" in found) return { ledger: found.ledger, stored: found, trouble };

  const rebuilt = await rebuildLedger(hub, store.home, cluster, { ...asking, now: store.now() }).catch(note);
  // Without either memory all is new. What is gone is not forgotten for it: nothing is written, and the next run asks again.
  if (!rebuilt) return { ledger: new Map(), trouble };
  const { ledger, whole } = rebuilt;
  const why = found && "damaged" in found ? found.damaged.message : `There is no ledger of cluster ${cluster}.`;
  const how = `It was rebuilt from what Security Hub says of ${ledger.size} nodes${whole ? "" : "; there was not time enough for all"}.`;
  return {
    ledger,
    trouble,
    ...(found && { stored: { ledger: new Map(), ...("damaged" in found && found.etag && { etag: found.etag }) } }),
    // A cluster that is audited for the first time has no ledger, and nothing in Security Hub.
    ...(ledger.size > 0 && { problem: `${why} ${how}` }),
  };
}
