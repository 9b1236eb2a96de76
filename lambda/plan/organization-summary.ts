import * as z from "zod";
import { counted, sideBySide } from "../text.ts";

/** The results of all account-Regions, as the state machine passes them. */
export const results = z.object({
  /** Number of account-Regions. */
  count: z.number().int(),
  /**
   * One value for each account-Region. AWS does not document the value that a Distributed Map returns for a child
   * execution that ended outside its own error handling, so any value that is not a result counts as missing.
   */
  targets: z.array(z.unknown()),
});

/** The result of one account-Region. Each part is the number of its audited nodes, or the error as text. */
const result = z.object({
  account: z.string(),
  region: z.string(),
  parts: z.array(z.union([z.number(), z.string()])),
});

/** Counts of one audit of an organization. */
export interface OrganizationSummary {
  /** Account-Regions. */
  targets: number;
  /** Runs of the auditing function. */
  parts: number;
  /** Nodes that could be audited. */
  audited: number;
  /** A line for each part that failed. */
  failures: readonly string[];
}

export function summarizeOrganization({ count, targets }: z.output<typeof results>): OrganizationSummary {
  const known = targets.flatMap((target) => result.safeParse(target).data ?? []);
  const parts = known.flatMap(({ account, region, parts }) =>
    parts.map((outcome) => (typeof outcome === "number" ? outcome : `${account} ${region}: ${outcome}`)),
  );
  const lost = count - known.length;
  return {
    targets: count,
    parts: parts.length,
    audited: parts.reduce<number>((sum, part) => sum + (typeof part === "number" ? part : 0), 0),
    failures: [
      ...parts.filter((part) => typeof part === "string"),
      // A child execution that ended outside our error handling, for example aborted by hand, counts as tolerated.
      ...(lost > 0 ? [`${counted(lost, "account-Region")} ended without a result`] : []),
    ],
  };
}

/** Maximum number of failures in one message; the log contains all of them. */
const failuresSpelt = 10;

/** The audit of some account-Regions failed. All others were audited. */
export class OrganizationFailedError extends Error {
  override readonly name = "OrganizationFailedError";
  constructor({ targets, parts, failures }: OrganizationSummary) {
    const shown = sideBySide(failures, failuresSpelt);
    super(
      `${failures.length} failures in ${targets} account-Regions with ${parts} parts: ${shown}. The log of the function that failed contains the causes.`,
    );
  }
}

/** No account-Region had a cluster to audit. The execution fails, because the setting or the Regions may be wrong. */
export class NothingInOrganizationError extends Error {
  override readonly name = "NothingInOrganizationError";
  constructor({ targets }: OrganizationSummary) {
    super(`Nothing to audit: no EKS cluster in ${targets} account-Regions matches the setting "clusters".`);
  }
}
