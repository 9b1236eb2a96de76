import { z } from "zod";
import { AwsError } from "./errors.ts";
import { type Call, operation, page } from "./operation.ts";
import { findUnit, type Organization, type Unit } from "./organization.ts";
import type { Service } from "./service.ts";

/** Maximum number of accounts or units in one page. Source: AWS Organizations API Reference, ListAccountsForParent. */
const pageSize = 20;

const ofParent = z.object({
  ParentId: z.string().regex(/^(r-[0-9a-z]{4,32}|ou-[0-9a-z]{4,32}-[0-9a-z]{8,32})$/),
  MaxResults: z.number().int().min(1).max(pageSize).default(pageSize),
  NextToken: z.string().optional(),
});

/** AWS Organizations: lists the accounts and the organizational units directly below a root or unit. */
export const organizations: Service = {
  name: "organizations",
  protocol: { kind: "json", target: "AWSOrganizationsV20161128" },
  invalidInput: "InvalidInputException",
  throttled: { code: "TooManyRequestsException", status: 400, message: "Rate exceeded" },
  operations: {
    ListAccountsForParent: operation(ofParent, ({ ParentId, MaxResults, NextToken }, call) => {
      const { organization, unit } = find(ParentId, call);
      const accounts = unit.accounts.map(({ id, state = "ACTIVE" }) => ({
        Id: id,
        Arn: `arn:${call.at.partition}:organizations::${organization.managementAccount}:account/${organization.id}/${id}`,
        State: state,
      }));
      return paged("Accounts", accounts, MaxResults, NextToken);
    }),
    ListOrganizationalUnitsForParent: operation(ofParent, ({ ParentId, MaxResults, NextToken }, call) => {
      const { unit } = find(ParentId, call);
      const units = (unit.units ?? []).map(({ id }) => ({ Id: id }));
      return paged("OrganizationalUnits", units, MaxResults, NextToken);
    }),
  },
};

function find(id: string, { world: { organization } }: Call): { organization: Organization; unit: Unit } {
  if (!organization)
    throw new AwsError("AWSOrganizationsNotInUseException", "Your account is not a member of an organization.");
  const unit = findUnit(organization.root, id);
  if (!unit) throw new AwsError("ParentNotFoundException", "You specified parent that doesn't exist.");
  return { organization, unit };
}

function paged(member: string, all: readonly object[], size: number, token: string | undefined): object {
  const { entries, nextToken } = page(all, size, token, () => {
    throw new AwsError("InvalidInputException", "You specified an invalid value for the NextToken parameter.");
  });
  return { [member]: entries, ...(nextToken && { NextToken: nextToken }) };
}
