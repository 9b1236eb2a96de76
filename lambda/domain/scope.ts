/** What of an account and Region a run is about; what is left out does not narrow it. */
export interface Scope {
  /** 12 digits. */
  account?: string;
  /** For example "eu-west-1". */
  region?: string;
  /** A cluster that EKS lists, or did when the run was planned: if it is gone by then, its findings are archived. */
  cluster?: string;
  /** One of `count` parts of all nodes; part 0 also speaks for the clusters themselves. */
  shard?: Shard;
  /** Ids of EC2 instances: only these are audited, and only their findings are archived. */
  instances?: readonly string[];
}

export interface Shard {
  /** From 0 to `count` - 1. */
  index: number;
  count: number;
}

/** Which subjects a run covers, by instance id; "cluster" is the cluster itself. */
export type Owns = (id: string) => boolean;

export const ownsAll: Owns = () => true;
