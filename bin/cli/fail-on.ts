import type { Result } from "../../lambda/domain/result.ts";
import { exitCodes } from "./report.ts";

/** What makes the exit code differ from 0, besides a run that did not go well. */
export const failOnChoices = ["notAvailable", "failed", "none"] as const;
export type FailOn = (typeof failOnChoices)[number];

/** "notAvailable": as `audit check`, 2 when something could not be told, 1 when something failed. "failed": the latter alone. */
export function exitCodeOf(results: readonly Result[], failOn: FailOn): (typeof exitCodes)[keyof typeof exitCodes] {
  const has = (wanted: Result["status"]) => results.some(({ status }) => status === wanted);
  if (failOn === "none") return exitCodes.fine;
  if (failOn === "notAvailable" && has("notAvailable")) return exitCodes.couldNotJudge;
  return has("failed") ? exitCodes.somethingFailed : exitCodes.fine;
}
