import type { ClusterInventory } from "./capacity.ts";
import type { Absence } from "./finding.ts";
import type { Node } from "./node.ts";
import type { ClusterSubject, Judged, NodeSubject } from "./result.ts";
import type { Owns } from "./scope.ts";

/** The nodes of one cluster in a batch. */
export interface ClusterBatch {
  inventory: ClusterInventory;
  nodes: readonly Node[];
  /**
   * The subjects that the batch covers: its nodes. The last batch also covers the cluster itself and nodes that are
   * gone.
   */
  owns: Owns;
  isLast: boolean;
}

/** One node, or the cluster as a whole, with all its results in this run. */
export type SeenSubject = Judged<NodeSubject | ClusterSubject>;

/** One cluster and its subjects in this run. */
export interface Seen {
  cluster: string;
  /** False if AWS did not list everything, so that `subjects` may lack nodes that exist. */
  complete: boolean;
  /**
   * When the run began to list the nodes, epoch milliseconds. A finding that another run wrote after this time takes
   * precedence, because that run may have seen a node start or end since.
   */
  listedAt?: number;
  /** Why the whole cluster has no subjects. */
  absence?: Absence;
  /** The subjects that the run covers; all subjects when left out. */
  owns?: Owns;
  subjects: readonly SeenSubject[];
}
