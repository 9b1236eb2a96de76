import { explain } from "../run/trouble.ts";
import { columnsOf } from "./columns.ts";
import type { Format, Found } from "./format.ts";

/**
 * One document with the figures of each Region, all results and all errors. The command `check` writes one JSON line
 * per file instead.
 */
export const json: Format = {
  forFiles: false,
  write: (found) => `${JSON.stringify(documentOf(found), null, 2)}\n`,
};

function documentOf({ audited, results, trouble }: Found) {
  return {
    schemaVersion: 1,
    regions: audited.map(({ place, at, summary }) => {
      const { clusters, nodes, findings, imported, seconds, perCluster, problems, calls } = summary;
      const figures = { clusters, nodes, findings, imported, seconds, perCluster, problems, calls };
      return { ...place, at: new Date(at).toISOString(), ...figures };
    }),
    results: results.map(columnsOf),
    trouble: trouble.map(({ where = null, error }) => ({ where, error: error.name, message: explain(error) })),
  };
}
