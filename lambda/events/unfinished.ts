import { claimedClusters } from "../domain/node-tags.ts";
import type { Outcome } from "../domain/summary.ts";
import { type TaggedInstance, tagsOf } from "../inventory/instances.ts";

/** One batch of nodes after its findings were sent and its ledgers written. */
interface SettledBatch {
  outcomes: readonly Outcome[];
  /** Whether a call to SSM failed. A missing reply can then be the auditor's failure. */
  hasCollectionFailed: boolean;
  parts: readonly {
    cluster: string;
    owns(instanceId: string): boolean;
    /** Whether EKS described the cluster and the run wrote its ledger. */
    isRecorded: boolean;
    /** The instances with a finding that Security Hub did not accept. */
    unsent: readonly string[];
  }[];
}

export interface Unfinished {
  /** Sets the clusters that the run audits. Instances of other clusters need no audit. */
  expect(clusters: readonly string[]): void;
  add(batch: SettledBatch): void;
  /** The instances that have to be audited again. Until `expect` is called, these are all instances. */
  ids(): ReadonlySet<string>;
}

/** Follows which instances of a run get their findings, so that only the messages of the others return to the queue. */
export function startUnfinished(instances: readonly TaggedInstance[]): Unfinished {
  const clustersOf = new Map(instances.map((each) => [each.InstanceId, claimedClusters(tagsOf(each))]));
  const [reached, again] = [new Set<string>(), new Set<string>()];
  const pair = (cluster: string, id: string) => `${cluster} ${id}`;
  let isExpected = (_: string) => true;
  return {
    expect(clusters) {
      isExpected = (name) => clusters.includes(name);
    },
    add({ outcomes, hasCollectionFailed, parts }) {
      for (const { cluster, owns, isRecorded, unsent } of parts) {
        if (isRecorded) for (const id of clustersOf.keys().filter(owns)) reached.add(pair(cluster, id));
        for (const id of unsent) again.add(id);
      }
      for (const { node, unreadable } of outcomes)
        if (unreadable?.code === "OUT_OF_TIME" || (unreadable?.code === "NO_REPLY" && hasCollectionFailed))
          again.add(node.instanceId);
    },
    ids() {
      const isUnfinished = ([id, clusters]: [string, string[]]) =>
        again.has(id) || clusters.some((name) => isExpected(name) && !reached.has(pair(name, id)));
      return new Set([...clustersOf].filter(isUnfinished).map(([id]) => id));
    },
  };
}
