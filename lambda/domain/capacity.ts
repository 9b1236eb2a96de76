import type { Cluster, Node } from "./node.ts";

/** One cluster and all its capacity. */
export interface ClusterInventory {
  cluster: Cluster;
  /** Names of its managed node groups, with instances or without. */
  nodeGroups: readonly string[];
  fargateProfiles: readonly string[];
  /** AWS listed all of it. If not, nodes may be missing here that exist. */
  complete: boolean;
  nodes: readonly Node[];
  /** Instances that EKS Auto Mode runs itself. Nobody can audit them, so they are not among `nodes`. */
  providerManaged: number;
  emptyNodeGroups: readonly EmptyNodeGroup[];
}

/** A managed node group that EKS lists and of which EC2 shows no running instance. */
export interface EmptyNodeGroup {
  cluster: string;
  name: string;
  /** Nodes that it should have; 0 means that it is scaled to zero. */
  desired: number;
  /** EKS status, for example "ACTIVE" or "DEGRADED". */
  status: string;
}
