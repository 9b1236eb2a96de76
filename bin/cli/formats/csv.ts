import { stringify } from "csv-stringify/sync";
import type { Result } from "../../../lambda/domain/result.ts";
import { columnNames, columnsOf } from "./columns.ts";
import type { Format } from "./format.ts";

/**
 * A header, then one line per result. A cell that a spreadsheet would run as a formula starts with a quote, so that it
 * stays text.
 */
export const csv: Format = { forFiles: true, write: ({ results }) => linesOf(results) };

function linesOf(results: readonly Result[]): string {
  const rows = results.map((result) =>
    Object.values(columnsOf(result)).map((text) => text?.replaceAll("\n", "\\n") ?? ""),
  );
  return stringify([columnNames, ...rows], { escape_formulas: true });
}
