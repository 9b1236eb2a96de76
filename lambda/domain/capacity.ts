import type { Cluster, Node } from "./node.ts";

/** One cluster and all its capacity. */
export interface ClusterInventory {
  cluster: Cluster;
  /** Names of all managed node groups, also of empty ones. */
  nodeGroups: readonly string[];
  fargateProfiles: readonly string[];
  /** False if AWS did not list everything, so that `nodes` may lack nodes that exist. */
  complete: boolean;
  nodes: readonly Node[];
  /** Number of instances of EKS Auto Mode. They cannot be audited over SSM, so they are not among `nodes`. */
  providerManaged: number;
  emptyNodeGroups: readonly EmptyNodeGroup[];
}

/** A managed node group that EKS lists and that has no running instance in EC2. */
export interface EmptyNodeGroup {
  cluster: string;
  name: string;
  /** Desired number of nodes; 0 means that the node group is scaled to zero. */
  desired: number;
  /** EKS status, for example "ACTIVE" or "DEGRADED". */
  status: string;
}
