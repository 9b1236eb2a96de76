import { reportHtml } from "../../../lambda/report/html.ts";
import type { Format, Found } from "./format.ts";

/** One self-contained page for a browser. */
export const html: Format = { forFiles: false, write: pageOf };

function pageOf({ audited, trouble }: Found): string {
  const summaries = audited.map(({ summary }) => summary);
  return reportHtml({
    places: audited.map(({ place }) => place),
    at: Math.min(Date.now(), ...audited.map(({ at }) => at)),
    nodes: audited.flatMap(({ judgement }) => judgement.judged),
    summary: {
      perCluster: summaries.flatMap(({ perCluster }) => perCluster),
      problems: summaries.flatMap(({ problems }) => problems),
      // Expired exceptions are the same in each Region. Unused ones are left out: another Region may use them.
      exceptions: { holding: 0, unused: [], expired: summaries[0]?.exceptions.expired ?? [] },
    },
    trouble: trouble.map(({ error }) => error),
  });
}
