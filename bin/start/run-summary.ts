import * as z from "zod";
import type { Invoked } from "../../local-aws/lambda.ts";

const counts = z.record(z.string(), z.number());

/** Return value of the function for one run. In an account, the function logs the same figures. */
const summaryModel = z.looseObject({
  clusters: z.number(),
  nodes: z.looseObject({ total: z.number(), audited: z.number(), starting: z.number(), notAuditable: counts }),
  findings: z.looseObject({ passed: z.number(), failed: z.number(), notAvailable: z.number() }),
  imported: z.number(),
  unchanged: z.number(),
  held: z.number(),
  calls: counts,
  seconds: z.number(),
  problems: z.array(z.string()),
});

export type RunSummary = z.infer<typeof summaryModel>;

/** The summary of a completed run. Throws the error and log of the function if the run failed. */
export function readSummary({ result, error, log }: Invoked): RunSummary {
  if (error) throw new Error(`the run failed: ${error.errorType}: ${error.errorMessage}\n${log.join("\n")}`);
  return summaryModel.parse(result);
}
