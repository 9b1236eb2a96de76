import { stringify } from "csv-stringify/sync";
import type { Result } from "../../../lambda/domain/result.ts";
import { columnNames, columnsOf } from "./columns.ts";
import type { Format } from "./format.ts";

/** A header, and a line a result. What a spreadsheet would run as a formula gets a quote before it, so that it stays text. */
export const csv: Format = { forFiles: true, write: ({ results }) => linesOf(results) };

function linesOf(results: readonly Result[]): string {
  const rows = results.map((result) =>
    Object.values(columnsOf(result)).map((text) => text?.replaceAll("\n", "\\n") ?? ""),
  );
  return stringify([columnNames, ...rows], { escape_formulas: true });
}
