import { updateOf } from "../../../lambda/domain/finding.ts";
import { findingsOf } from "../../../lambda/securityhub/publish.ts";
import { explain } from "../run/trouble.ts";
import { columnsOf } from "./columns.ts";
import { csv } from "./csv.ts";
import type { Found } from "./format.ts";
import { html } from "./html.ts";
import { junit } from "./junit.ts";
import { ocsf } from "./ocsf.ts";
import { sarif } from "./sarif.ts";
import { tables, type View } from "./tables.ts";

/** What `audit run --output` can be, and how it is written. */
export const runFormats = {
  table: ({ audited, results }, view) =>
    tables(
      results,
      audited.flatMap(({ summary }) => summary.problems),
      view,
    ),
  json: (found) => `${JSON.stringify(asJson(found), null, 2)}\n`,
  asff: ({ results }) => `${JSON.stringify(findingsOf(results.map(updateOf), []), null, 2)}\n`,
  ocsf: ({ results }) => ocsf(results),
  sarif: ({ results }) => sarif(results),
  junit: ({ results, trouble }) => junit(results, trouble),
  csv: ({ results }) => csv(results),
  html,
} satisfies Record<string, (found: Found, view: View) => string>;

export type RunFormat = keyof typeof runFormats;

/** What `audit check --output` can be besides JSON lines. */
export const checkFormats = {
  table: ({ results }, view) => tables(results, [], view),
  sarif: ({ results }) => sarif(results),
  junit: ({ results, trouble }) => junit(results, trouble),
  csv: ({ results }) => csv(results),
} satisfies Record<string, (found: Omit<Found, "audited">, view: View) => string>;

function asJson({ audited, results, trouble }: Found) {
  return {
    regions: audited.map(({ place, at, summary }) => {
      const { clusters, nodes, findings, imported, seconds, perCluster, problems, calls } = summary;
      const told = { clusters, nodes, findings, imported, seconds, perCluster, problems, calls };
      return { ...place, at: new Date(at).toISOString(), ...told };
    }),
    results: results.map(columnsOf),
    trouble: trouble.map(({ where = null, error }) => ({ where, error: error.name, message: explain(error) })),
  };
}
