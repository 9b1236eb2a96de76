import {
  OrganizationsClient,
  paginateListAccountsForParent,
  paginateListOrganizationalUnitsForParent,
} from "@aws-sdk/client-organizations";
import { instrument, usual } from "../aws/clients.ts";
import type { Rate } from "../aws/pace.ts";

/** Source: AWS General Reference, "AWS Organizations endpoints and quotas": ListAccountsForParent. */
const rate: Rate = { burst: 5, perSecond: 4 };

export function createOrganizations(): OrganizationsClient {
  return instrument(new OrganizationsClient(usual), { service: "organizations", rate, calls: new Map() });
}

/**
 * The active accounts in the units and in the units below them, without duplicates. Closed and suspended accounts allow
 * no access.
 */
export async function listAccounts(client: OrganizationsClient, units: readonly string[]): Promise<string[]> {
  const accounts = new Set<string>();
  const left = [...units];
  for (let unit = left.pop(); unit !== undefined; unit = left.pop()) {
    for await (const { Accounts = [] } of paginateListAccountsForParent({ client }, { ParentId: unit })) {
      for (const { Id, State } of Accounts) if (Id && State === "ACTIVE") accounts.add(Id);
    }
    const below = paginateListOrganizationalUnitsForParent({ client }, { ParentId: unit });
    for await (const { OrganizationalUnits = [] } of below)
      left.push(...OrganizationalUnits.flatMap(({ Id }) => Id ?? []));
  }
  return [...accounts].sort();
}
