import type { ClusterName, Event, MessageTrouble, State, Trouble } from "./events.ts";

/** The clusters that exist, and the states of nodes by number. The nodes of a deleted cluster do not exist either. */
export interface Truth {
  existing: ReadonlySet<ClusterName>;
  nodes: ReadonlyMap<ClusterName, ReadonlyMap<number, State>>;
}

/** The input of one run. */
export interface RunStart {
  trouble?: Trouble | undefined;
  /** The run's clock, which may be wrong. */
  now(): number;
}

/** The part of the auditor that a history tests: the ledger session alone, or the whole audit. */
export interface Auditor {
  /** Expected compliance status by state and rule for a node that has not changed for a day. */
  expected: Readonly<Record<State, Readonly<Record<string, string>>>>;
  instanceId(cluster: ClusterName, number: number): string;
  /** One run; returns the number of findings that it sent, without refreshes. */
  run(truth: Truth, start: RunStart): Promise<number>;
  /** Present if the auditor also processes EC2's events. */
  instances?: Instances;
}

/** Launches and terminates instances, and processes the messages about them. */
export interface Instances {
  /** Changes the clusters and nodes to match `truth`, so that EC2 sends its events. */
  follow(truth: Truth): void;
  /** Sets the minutes from the launch of the next nodes until their agents register. */
  registerAfter(minutes: number): void;
  change(event: Extract<Event, { type: "a message" }>): void;
  /** Advances the time. Once a minute, the function processes the messages that have become visible. */
  pass(minutes: number, trouble?: MessageTrouble): Promise<void>;
  /** Whether a run can read the node now. */
  isReadable(cluster: ClusterName, number: number): boolean;
}
