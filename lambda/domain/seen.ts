import type { ClusterInventory } from "./capacity.ts";
import type { Absence } from "./finding.ts";
import type { Node } from "./node.ts";
import type { ClusterSubject, Judged, NodeSubject } from "./result.ts";
import type { Owns } from "./scope.ts";

/** One cluster's share of a batch of nodes. */
export interface ClusterBatch {
  inventory: ClusterInventory;
  nodes: readonly Node[];
  /** The subjects that the batch covers: its nodes; in the last one also the cluster itself and nodes that are gone. */
  owns: Owns;
  isLast: boolean;
}

/** One node as this run saw it, or the cluster as a whole, with all its results. */
export type SeenSubject = Judged<NodeSubject | ClusterSubject>;

/** One cluster as this run saw it. */
export interface Seen {
  cluster: string;
  /** AWS listed all of the cluster. If not, nodes may be missing here that exist. */
  complete: boolean;
  /** Why nothing of the whole cluster is there. */
  absence?: Absence;
  /** The subjects that the run covers; all of them when left out. */
  owns?: Owns;
  subjects: readonly SeenSubject[];
}
