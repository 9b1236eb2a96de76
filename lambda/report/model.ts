import type { Place } from "../domain/place.ts";
import type { Judged, NodeSubject } from "../domain/result.ts";
import type { Summary } from "../domain/summary.ts";

/** The content of the HTML report: one run with all nodes of all its clusters. */
export interface Report extends Frame {
  nodes: readonly Judged<NodeSubject>[];
}

/** The part of the report that is not about single nodes. */
export interface Frame {
  /** The audited account-Regions, all of one account. */
  places: readonly Place[];
  /** When the nodes were judged, epoch milliseconds. */
  at: number;
  summary: Pick<Summary, "perCluster" | "exceptions" | "problems">;
  /** Failures of the auditor or AWS. The report may be incomplete because of them. */
  trouble: readonly Error[];
}
