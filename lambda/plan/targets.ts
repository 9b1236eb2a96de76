import type { OrganizationsClient } from "@aws-sdk/client-organizations";
import { listAccounts } from "./organization.ts";
import type { PlannerConfig } from "./planner-config.ts";

/** An account-Region to audit. */
export interface Target {
  account: string;
  region: string;
}

/**
 * Maximum number of account-Regions in one execution. The result of a Distributed Map may have 256 KiB, which leaves
 * 131 bytes for each account-Region. Its name takes 60 of them. Source: AWS Step Functions Developer Guide, "Quotas".
 */
const mostTargets = 2_000;

/** The organizational units contain no active account, so the execution would audit nothing. */
export class NoMembersError extends Error {
  override readonly name = "NoMembersError";
  constructor() {
    super("The organization has no members: no active account is below its organizational units.");
  }
}

/** There are more account-Regions than one execution can audit. */
export class TooManyTargetsError extends Error {
  override readonly name = "TooManyTargetsError";
  constructor(accounts: number, regions: number) {
    super(
      `${accounts} accounts in ${regions} Regions are more than the ${mostTargets} account-Regions that one hub can audit. Deploy several hubs, each for a part of the organizational units.`,
    );
  }
}

/** Every member account in every audited Region. */
export async function listTargets(
  client: OrganizationsClient,
  { members, regions }: Pick<PlannerConfig, "members" | "regions">,
): Promise<Target[]> {
  const accounts = "accounts" in members ? members.accounts : await listAccounts(client, members.organizationalUnits);
  if (accounts.length === 0) throw new NoMembersError();
  if (accounts.length * regions.length > mostTargets) throw new TooManyTargetsError(accounts.length, regions.length);
  return accounts.flatMap((account) => regions.map((region) => ({ account, region })));
}
