import * as z from "zod";
import { sideBySide } from "../text.ts";

/** What became of the targets, as the state machine hands it over. */
export const results = z.object({
  /** Targets there were. */
  count: z.number().int(),
  /**
   * One for each of them. No document says what a Distributed Map returns for a child that ended outside of its own error
   * handling, so that anything else than a result counts as none.
   */
  targets: z.array(z.unknown()),
});

/** Of every part the number of nodes audited, or what failed. */
const result = z.object({
  account: z.string(),
  region: z.string(),
  parts: z.array(z.union([z.number(), z.string()])),
});

/** The audit of an organization in numbers. */
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
      // A child execution that ended outside our error handling (for example aborted by hand) counts as tolerated.
      ...(lost > 0 ? [`${lost} account-Regions ended without a result`] : []),
    ],
  };
}

/** Failures spelt out in one message; the log holds them all. */
const failuresSpelt = 10;

/** Some account-Regions were not audited; all others were. */
export class OrganizationFailedError extends Error {
  override readonly name = "OrganizationFailedError";
  constructor({ targets, parts, failures }: OrganizationSummary) {
    const told = sideBySide(failures, failuresSpelt);
    super(
      `${failures.length} failures in ${targets} account-Regions with ${parts} parts: ${told}. The log of the function that failed says why.`,
    );
  }
}

/** An audit of no cluster proves nothing, so it is not a success. */
export class NothingInOrganizationError extends Error {
  override readonly name = "NothingInOrganizationError";
  constructor({ targets }: OrganizationSummary) {
    super(
      `There is nothing to audit: EKS lists no cluster in ${targets} account-Regions that the setting "clusters" lets in.`,
    );
  }
}
