import { claimedClusters } from "../domain/node-tags.ts";
import { listed } from "../text.ts";
import { type TaggedInstance, tagsOf } from "./instances.ts";

/** Decides to which cluster each instance belongs. */
export interface Assignment {
  /**
   * The cluster of the instance; undefined if its tags name no existing cluster. If they name several, an audited
   * cluster takes precedence, because otherwise the instance would not be audited.
   */
  clusterOf(instance: TaggedInstance): string | undefined;
  /** A sentence for each problem in the tags of the instances seen so far. */
  problems(): string[];
}

/** Maximum number of instance ids listed in one problem; further ones are counted. */
const idsSpelt = 10;

export function startAssignment(known: ReadonlySet<string>, isAudited: (cluster: string) => boolean): Assignment {
  const oddities = new Map<string, Set<string>>();
  return {
    clusterOf(instance) {
      const claimed = claimedClusters(tagsOf(instance));
      const existing = claimed.filter((name) => known.has(name));
      const cluster = existing.find(isAudited) ?? existing[0];
      const oddity = oddityOf(claimed, cluster);
      if (oddity) oddities.set(oddity, (oddities.get(oddity) ?? new Set()).add(instance.InstanceId));
      return cluster;
    },
    problems: () => [...oddities].map(([oddity, ids]) => `${oddity}: ${idsIn([...ids])}`),
  };
}

function oddityOf(claimed: readonly string[], cluster: string | undefined): string | undefined {
  if (claimed.length === 0) return "not counted, because the tags mark a node but name no cluster";
  if (cluster === undefined) return notListed(claimed);
  return claimed.length > 1 ? `the tags name ${claimed.join(" and ")}; counted once, in ${cluster}` : undefined;
}

/** The reason why instances whose tags name these clusters are not counted. */
export function notListed(clusters: readonly string[]): string {
  return `not counted, because the tags name ${clusters.join(" and ")}, which EKS does not list here`;
}

export function idsIn(instanceIds: readonly string[]): string {
  return listed(instanceIds, { most: idsSpelt });
}
