/** The part of an account-Region that a run covers. A field that is left out does not limit it. */
export interface Scope {
  /** 12 digits. */
  account?: string;
  /** For example "eu-west-1". */
  region?: string;
  /** Name of a cluster. If the cluster was deleted after the run was planned, its findings are archived. */
  cluster?: string;
  /** One of `count` parts of all nodes. Shard 0 also covers the clusters themselves. */
  shard?: Shard;
  /** Ids of EC2 instances. Only these are audited, and only their findings are archived. */
  instances?: readonly string[];
}

export interface Shard {
  /** From 0 to `count` - 1. */
  index: number;
  count: number;
}

/** Whether a run covers a subject. The id is an instance id, or "cluster" for the cluster itself. */
export type Owns = (id: string) => boolean;

export const ownsAll: Owns = () => true;
