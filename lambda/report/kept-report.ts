import type { Judged, NodeSubject } from "../domain/result.ts";
import type { LedgerPlace } from "../ledger/store.ts";
import { startReport } from "./html.ts";
import type { Frame } from "./model.ts";
import { storeReport } from "./report-store.ts";

/** The report of a run under way. */
export interface KeptReport {
  onJudged(nodes: readonly Judged<NodeSubject>[]): void;
  /** Stores the report; returns what went wrong with it since it was started. */
  store(frame: Omit<Frame, "homes">): Promise<Error[]>;
}

/** A report is a picture of the run: what goes wrong with it takes nothing from what the run does, and still fails it. */
export function keepReport(place: LedgerPlace): KeptReport {
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
        await storeReport(place, report.html({ homes: [place.home], ...frame }));
      } catch (error) {
        note(error);
      }
      return trouble;
    },
  };
}
