import { Logger } from "@aws-lambda-powertools/logger";
import { printable } from "../text.ts";

/**
 * The log of the functions. AWS errors can quote text from outside, so characters that a terminal would interpret are
 * escaped.
 */
export const logger = new Logger({
  serviceName: "eks-kubelet-auditor",
  jsonReplacerFn: (_, value) => (typeof value === "string" ? printable(value) : value),
});
