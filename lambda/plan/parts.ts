import type { Place } from "../domain/place.ts";
import type { Scope } from "../domain/scope.ts";

/**
 * Nodes that one run of the auditing function takes on. At Run Command's pace it asks them in under two minutes, and at
 * Security Hub's it publishes all their findings in under three, so that a first run ends well within Lambda's 15 minutes.
 */
const nodesPerRun = 10_000;

/** A part of an account's Region that one run audits: a cluster, or one of several shards of it. */
export type Part = Required<Omit<Scope, "instances">>;

/** The clusters of an account-Region. */
interface Clusters {
  /** Names of all clusters that EKS lists, and of those that have a ledger or active findings. */
  listed: readonly string[];
  remembered: readonly string[];
  /** Nodes by cluster. */
  members: ReadonlyMap<string, readonly unknown[]>;
}

/** The parts of an account-Region: every audited cluster, and every cluster that left a trace, because gone ones must be archived. */
export function planParts(
  { account, region }: Pick<Place, "account" | "region">,
  { listed, remembered, members }: Clusters,
  isAudited: (cluster: string) => boolean,
): Part[] {
  const audited = listed.filter(isAudited);
  // Settings that match no cluster are more likely a mistake than the wish to have everything archived.
  if (audited.length === 0 && listed.length > 0) return [];
  return [...new Set([...audited, ...remembered])].sort().flatMap((cluster) => {
    const count = shardsFor(members.get(cluster)?.length ?? 0);
    return Array.from({ length: count }, (_, index) => ({ account, region, cluster, shard: { index, count } }));
  });
}

/** Into how many parts a cluster of so many nodes is shared out. */
export function shardsFor(nodes: number): number {
  return Math.max(1, Math.ceil(nodes / nodesPerRun));
}
