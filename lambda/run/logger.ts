import { Logger } from "@aws-lambda-powertools/logger";
import { printable } from "../text.ts";

/** The log of the functions. AWS repeats in its errors what others gave it, and logs are read on terminals. */
export const logger = new Logger({
  serviceName: "eks-kubelet-auditor",
  jsonReplacerFn: (_, value) => (typeof value === "string" ? printable(value) : value),
});
