import type { Clients } from "./aws/clients.ts";
import { readRate } from "./aws/ledger-rebuild.ts";
import { type LedgerStore, listLedgers, type StoredLedger, writeLedger } from "./aws/ledger-store.ts";
import { loadLedger } from "./aws/load-ledger.ts";
import { pacer } from "./aws/pace.ts";
import { inParallel } from "./aws/parallel.ts";
import type { Publication } from "./aws/publish.ts";
import { type Ledger, merge, type Owns } from "./findings/ledger.ts";
import { type Fate, type Reconciliation, reconcile, type Seen, settle } from "./findings/reconcile.ts";
import type { Import } from "./findings/step.ts";
import { ownedBy, type Scope } from "./scope.ts";

/** Ledgers read or written at the same time. */
const ledgersAtOnce = 10;

/** One cluster's part in the plan. */
interface Part {
  cluster: string;
  /** What was known before this run. */
  before: Ledger;
  reconciliation: Reconciliation;
  /** What lies in the bucket; absent when it cannot be relied on. */
  stored?: StoredLedger & { merged?: boolean };
  owns: Owns;
}

export interface Plan {
  parts: readonly Part[];
  unchanged: number;
  held: number;
  /** What has to be sent: the news of all clusters, then the refreshes, which can wait. */
  imports: readonly Import[];
  /** What somebody should know of the ledgers, as sentences. */
  problems: readonly string[];
  trouble: readonly Error[];
}

/** What the ledgers are compared with. */
interface Sight {
  seen: readonly Seen[];
  scope: Scope;
  /** All clusters there are, audited or not. */
  known: ReadonlySet<string>;
  /** What findings are dated by, epoch milliseconds. */
  now: number;
}

/** Compares what was seen with the ledgers. Lost ones are rebuilt until `until`, epoch milliseconds. */
export async function plan(
  { securityHub }: Clients,
  store: LedgerStore,
  { seen, scope, known, now }: Sight,
  until: number,
): Promise<Plan> {
  const { absent, trouble } = await findAbsent(store, seen, scope, known);
  const owns = ownedBy(scope);
  const asking = { turn: pacer(readRate), until };
  const parts = await inParallel(ledgersAtOnce, [...seen, ...absent], async (each) => {
    const ofScope = { ...each, owns };
    const { ledger: before, ...loaded } = await loadLedger(store, securityHub, each.cluster, asking);
    return {
      ...loaded,
      cluster: each.cluster,
      owns,
      before,
      reconciliation: reconcile(store.home, before, ofScope, now),
    };
  });
  const imports = parts.flatMap(({ reconciliation }) => reconciliation.imports);
  const isRefresh = ({ why }: Import) => why === "refresh";
  const sum = (count: "unchanged" | "held") => parts.reduce((all, each) => all + each.reconciliation[count], 0);
  return {
    parts,
    unchanged: sum("unchanged"),
    held: sum("held"),
    imports: [...imports.filter((each) => !isRefresh(each)), ...imports.filter(isRefresh)],
    problems: parts.flatMap(({ problem = [] }) => problem),
    trouble: [...trouble, ...parts.flatMap((part) => part.trouble)],
  };
}

/** Clusters that have a ledger and were not seen: they are gone, or the settings leave them out. */
async function findAbsent(store: LedgerStore, seen: readonly Seen[], scope: Scope, known: ReadonlySet<string>) {
  const trouble: Error[] = [];
  const remembered = await listLedgers(store).catch((error: Error) => {
    trouble.push(error);
    return [];
  });
  const present = new Set(seen.map(({ cluster }) => cluster));
  const absent = remembered
    .filter((cluster) => !present.has(cluster) && cluster === (scope.cluster ?? cluster))
    .map((cluster): Seen => {
      const absence = known.has(cluster) ? "CLUSTER_NOT_AUDITED" : "CLUSTER_GONE";
      return { cluster, complete: true, absence, subjects: [] };
    });
  return { absent, trouble };
}

/** What is neither accepted nor refused may have been taken, and the reply lost. */
export function fatesIn({ accepted, refused }: Publication): (findingId: string) => Fate {
  return (id) => (accepted.has(id) ? "accepted" : refused.has(id) ? "refused" : "unsure");
}

/** Writes into the ledgers what became of the imports; returns the plan by which to write next. */
export async function record(
  store: LedgerStore,
  plan: Plan,
  fateOf: (findingId: string) => Fate,
): Promise<{ plan: Plan; trouble: readonly Error[] }> {
  const trouble: Error[] = [];
  const parts = await inParallel(ledgersAtOnce, plan.parts, async (part) => {
    const { cluster, before, reconciliation, stored, owns } = part;
    if (!stored) return part;
    const own = settle(before, reconciliation, fateOf);
    try {
      // What another run wrote meanwhile stays.
      const ledger = stored.merged ? merge(own, stored.ledger, owns) : own;
      return { ...part, stored: await writeLedger(store, cluster, ledger, stored, owns) };
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      trouble.push(error);
      return part;
    }
  });
  return { plan: { ...plan, parts }, trouble };
}
