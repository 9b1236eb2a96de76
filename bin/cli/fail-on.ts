import type { Result } from "../../lambda/domain/result.ts";
import { exitCodes } from "./report.ts";

/** Results that make the exit code non-zero. A failure of the run makes it non-zero in any case. */
export const failOnChoices = ["notAvailable", "failed", "none"] as const;
export type FailOn = (typeof failOnChoices)[number];

/**
 * With "notAvailable", the exit code is 2 for a missing verdict, else 1 for a failed one. With "failed", only failed
 * verdicts count.
 */
export function exitCodeOf(results: readonly Result[], failOn: FailOn): (typeof exitCodes)[keyof typeof exitCodes] {
  const has = (wanted: Result["status"]) => results.some(({ status }) => status === wanted);
  if (failOn === "none") return exitCodes.fine;
  if (failOn === "notAvailable" && has("notAvailable")) return exitCodes.couldNotJudge;
  return has("failed") ? exitCodes.somethingFailed : exitCodes.fine;
}
