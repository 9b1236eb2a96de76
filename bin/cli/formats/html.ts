import { reportHtml } from "../../../lambda/report/html.ts";
import type { Format, Found } from "./format.ts";

/** One page for a browser, which needs no other file. */
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
      // Which of them are old is the same in each Region; where one is of use, no single Region can tell.
      exceptions: { holding: 0, unused: [], expired: summaries[0]?.exceptions.expired ?? [] },
    },
    trouble: trouble.map(({ error }) => error),
  });
}
