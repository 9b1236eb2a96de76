import type { OrganizationsClient } from "@aws-sdk/client-organizations";
import { listAccounts } from "./organization.ts";
import type { PlannerConfig } from "./planner-config.ts";

/** An account's Region that is to be audited. */
export interface Target {
  account: string;
  region: string;
}

/**
 * Account-Regions in one execution. What a Distributed Map returns may have 256 KiB, so each has 131 bytes, of which its name
 * takes 60. Source: AWS Step Functions Developer Guide, "Quotas".
 */
const mostTargets = 2_000;

/** There are no members: the organizational units are empty, so nothing would be audited. */
export class NoMembersError extends Error {
  override readonly name = "NoMembersError";
  constructor() {
    super("The organization has no members: no active account is below its organizational units.");
  }
}

/** More members than one execution can speak of. */
export class TooManyTargetsError extends Error {
  override readonly name = "TooManyTargetsError";
  constructor(accounts: number, regions: number) {
    super(
      `${accounts} accounts in ${regions} Regions are more than the ${mostTargets} account-Regions that one fleet stack can audit. Deploy several, each for some of the organizational units.`,
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
