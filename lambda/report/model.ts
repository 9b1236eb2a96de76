import type { Place } from "../domain/place.ts";
import type { Judged, NodeSubject } from "../domain/result.ts";
import type { Summary } from "../domain/summary.ts";

/** Everything the HTML report is made of: a run, in which every node of every cluster has its place. */
export interface Report extends Frame {
  nodes: readonly Judged<NodeSubject>[];
}

/** What is not about single nodes. */
export interface Frame {
  /** The account's Regions that were audited. */
  places: readonly Place[];
  /** When the nodes were judged, epoch milliseconds. */
  at: number;
  summary: Pick<Summary, "perCluster" | "exceptions" | "problems">;
  /** What went wrong on our side or AWS's; the report may lack what it cost. */
  trouble: readonly Error[];
}
