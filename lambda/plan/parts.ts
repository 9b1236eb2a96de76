import type { Place } from "../domain/place.ts";
import type { Scope } from "../domain/scope.ts";

/**
 * Maximum number of nodes in one run of the auditing function. At the pace of Run Command, sending the commands takes
 * under two minutes. At the pace of Security Hub, publishing all findings takes under three. A first run thus ends well
 * within Lambda's 15 minutes.
 */
const nodesPerRun = 10_000;

/** The part of an account-Region that one run audits: a cluster or one of its shards. */
export type Part = Required<Omit<Scope, "instances">>;

/** The clusters of an account-Region. */
interface Clusters {
  /** Names of all clusters that EKS lists. */
  listed: readonly string[];
  /** Names of the clusters that have a ledger or active findings. */
  remembered: readonly string[];
  /** Number of nodes by cluster. */
  nodes: ReadonlyMap<string, number>;
}

/**
 * The parts of an account-Region: every audited cluster, and every cluster with a ledger or findings. The findings of
 * deleted clusters have to be archived.
 */
export function planParts(
  { account, region }: Pick<Place, "account" | "region">,
  { listed, remembered, nodes }: Clusters,
  isAudited: (cluster: string) => boolean,
): Part[] {
  const audited = listed.filter(isAudited);
  // If the settings match no cluster, they are probably wrong. Archiving all findings would then be a mistake.
  if (audited.length === 0 && listed.length > 0) return [];
  return [...new Set([...audited, ...remembered])].sort().flatMap((cluster) => {
    const count = shardsFor(nodes.get(cluster) ?? 0);
    return Array.from({ length: count }, (_, index) => ({ account, region, cluster, shard: { index, count } }));
  });
}

/** The number of shards of a cluster with so many nodes. */
export function shardsFor(nodes: number): number {
  return Math.max(1, Math.ceil(nodes / nodesPerRun));
}
