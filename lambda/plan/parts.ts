import type { Clients } from "../aws/clients.ts";
import type { Scope } from "../domain/scope.ts";
import { listClusters } from "../inventory/clusters.ts";
import { readInstances } from "../inventory/instances.ts";
import { assign } from "../inventory/inventory.ts";
import { type LedgerPlace, listLedgers } from "../ledger/store.ts";

/**
 * Nodes that one run of the auditing function takes on. At Run Command's pace it asks them in under two minutes, and at
 * Security Hub's it publishes all their findings in under three, so that a first run ends well within Lambda's 15 minutes.
 */
const nodesPerRun = 10_000;

/** A part of an account's Region that one run audits: a cluster, or one of several shards of it. */
export type Part = Required<Scope>;

/** Every cluster that is to be audited, and every one of which there still is a ledger, since what is gone has to be archived. */
export async function planParts(
  clients: Pick<Clients, "ec2" | "eks">,
  store: LedgerPlace,
  isAudited: (cluster: string) => boolean,
): Promise<Part[]> {
  const { account, region } = store.home;
  const [listed, instances, remembered] = await Promise.all([
    listClusters(clients.eks),
    readInstances(clients.ec2),
    listLedgers(store),
  ]);
  const audited = listed.filter(isAudited);
  // Settings that let no cluster in are more likely a slip than the wish to have everything archived.
  if (audited.length === 0 && listed.length > 0) return [];
  const { members } = assign(instances, new Set(listed), isAudited);
  return [...new Set([...audited, ...remembered])].sort().flatMap((cluster) => {
    const count = shardsFor(members.get(cluster)?.length ?? 0);
    return Array.from({ length: count }, (_, index) => ({ account, region, cluster, shard: { index, count } }));
  });
}

/** Into how many parts a cluster of so many nodes is shared out. */
export function shardsFor(nodes: number): number {
  return Math.max(1, Math.ceil(nodes / nodesPerRun));
}
