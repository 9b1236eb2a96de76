import type { Place } from "../domain/place.ts";
import type { Judged, NodeSubject } from "../domain/result.ts";
import { startReport } from "./html.ts";
import type { Frame } from "./model.ts";

/** The report of the current run. */
export interface KeptReport {
  onJudged(nodes: readonly Judged<NodeSubject>[]): void;
  /** Stores the report. Returns the errors from building and storing it. */
  store(frame: Omit<Frame, "places">): Promise<Error[]>;
}

/**
 * An error while building or storing the report does not interrupt the audit. The run collects it and fails at its end.
 * `put` stores the finished page.
 */
export function keepReport(place: Place, put: (html: string) => Promise<void>): KeptReport {
  const report = startReport();
  const trouble: Error[] = [];
  const note = (error: unknown) => {
    if (!(error instanceof Error)) throw error;
    trouble.push(error);
  };
  return {
    onJudged(nodes) {
      try {
        report.add(nodes);
      } catch (error) {
        note(error);
      }
    },
    async store(frame) {
      try {
        await put(report.html({ places: [place], ...frame }));
      } catch (error) {
        note(error);
      }
      return trouble;
    },
  };
}
