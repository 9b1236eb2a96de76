import { updateOf } from "../../../lambda/domain/finding.ts";
import { findingsOf } from "../../../lambda/securityhub/publish.ts";
import type { Format } from "./format.ts";

/** One array in the AWS Security Finding Format, as Security Hub imports it. */
export const asff: Format = {
  forFiles: false,
  write: ({ results }) => `${JSON.stringify([...findingsOf(results.map(updateOf), [])], null, 2)}\n`,
};
