import type { ClusterName, State, Trouble } from "./events.ts";

/** What exists at a moment: clusters, and the states of nodes by number. Nodes of a cluster that is gone are gone as well. */
export interface Truth {
  existing: ReadonlySet<ClusterName>;
  nodes: ReadonlyMap<ClusterName, ReadonlyMap<number, State>>;
}

/** How one run begins. */
export interface RunStart {
  trouble?: Trouble | undefined;
  /** The run's clock, which may be wrong. */
  now(): number;
}

/** What a history drives: the ledger session alone, or the whole audit. */
export interface Auditor {
  /** Compliance status by rule of a node that stays as it is for a day. */
  expected: Readonly<Record<State, Readonly<Record<string, string>>>>;
  instanceId(cluster: ClusterName, number: number): string;
  /** One run; returns how many findings it sent that are no refreshes. */
  run(truth: Truth, start: RunStart): Promise<number>;
}
