import { z } from "zod";
import { complaint, type Finding, finding } from "./asff.ts";
import { isoTime } from "./clock.ts";
import { AwsError } from "./errors.ts";
import {
  asRead,
  type CustomerUpdate,
  customerUpdate,
  enriched,
  importFinding,
  isExpired,
  keyOf,
  updateByCustomer,
} from "./findings.ts";
import { findingFilters, matchesFilters, sortBy } from "./findings-query.ts";
import type { StoredFinding } from "./holdings.ts";
import { type Call, operation, page } from "./operation.ts";
import type { Service } from "./service.ts";

/**
 * Maximum findings, and sizes in bytes. Source: Security Hub partner integration guide, "Guidelines for using the
 * BatchImportFindings API".
 */
const limits = { findingsPerCall: 100, findingBytes: 240_000, callBytes: 6_000_000 };

const batchImport = z.object({ Findings: z.array(z.looseObject({})).min(1).max(limits.findingsPerCall) });

const getFindings = z.object({
  Filters: findingFilters.default({}),
  SortCriteria: z.array(z.object({ Field: z.string(), SortOrder: z.enum(["asc", "desc"]).default("asc") })).default([]),
  MaxResults: z.number().int().min(1).max(100).default(100),
  NextToken: z.string().optional(),
});

const identifiers = z.object({
  FindingIdentifiers: z
    .array(z.object({ Id: z.string(), ProductArn: z.string() }))
    .min(1)
    .max(100),
});

export const securityhub: Service = {
  name: "securityhub",
  protocol: {
    kind: "rest-json",
    routes: [
      ["POST", "/findings/import", "BatchImportFindings"],
      ["POST", "/findings", "GetFindings"],
      ["PATCH", "/findings/batchupdate", "BatchUpdateFindings"],
      ["GET", "/accounts", "DescribeHub"],
    ],
  },
  invalidInput: "InvalidInputException",
  throttled: { code: "LimitExceededException", status: 429, message: "Rate exceeded" },
  operations: {
    BatchImportFindings: operation(batchImport, ({ Findings }, call) => {
      if (Buffer.byteLength(JSON.stringify(Findings)) > limits.callBytes) {
        throw new AwsError("InvalidInputException", "The findings of one call must not exceed 6 MB.");
      }
      const FailedFindings = Findings.flatMap((each) => refuseOrImport(each, call));
      return {
        FailedCount: FailedFindings.length,
        SuccessCount: Findings.length - FailedFindings.length,
        FailedFindings,
      };
    }),
    GetFindings: operation(getFindings, ({ Filters, SortCriteria, MaxResults, NextToken }, call) => {
      requireHub(call);
      const found = stored(call).flatMap((each) => asRead(each, call.world) ?? []);
      const readable = call.world.unsettled.tagsOfResources === "enriched" ? found.map(enriched) : found;
      const all = readable.filter((each) => matchesFilters(each, Filters, call.world.clock));
      const { entries, nextToken } = page(sortBy(all, SortCriteria), MaxResults, NextToken, () => {
        throw new AwsError("InvalidInputException", "Invalid NextToken.");
      });
      return { Findings: entries, ...(nextToken && { NextToken: nextToken }) };
    }),
    BatchUpdateFindings: operation(customerUpdate.extend(identifiers.shape), (input, call) => {
      requireHub(call);
      return updateFindings(input, call);
    }),
    DescribeHub: operation(z.object({}), (_, call) => {
      const SubscribedAt = requireHub(call);
      const { partition, region, account } = call.at;
      const HubArn = `arn:${partition}:securityhub:${region}:${account}:hub/default`;
      return { HubArn, SubscribedAt, AutoEnableControls: true, ControlFindingGenerator: "SECURITY_CONTROL" };
    }),
  },
};

function requireHub({ at: { account, securityHubSince } }: Call): string {
  if (securityHubSince) return securityHubSince;
  throw new AwsError("InvalidAccessException", `Account ${account} is not subscribed to AWS Security Hub`, 401);
}

/** All findings in Security Hub, including imports that GetFindings does not return yet. */
export function storedFindings(where: Pick<Call, "at" | "world">): Finding[] {
  return stored(where).map(({ finding }) => finding);
}

/** The stored findings, after deleting those past their retention period. */
function stored({ at, world }: Pick<Call, "at" | "world">): StoredFinding[] {
  for (const [key, each] of at.findings) if (isExpired(each, world.clock)) at.findings.delete(key);
  return [...at.findings.values()];
}

/**
 * Imports one finding, or returns its FailedFindings entry. As in AWS, the reply has status 200 even if findings fail.
 */
function refuseOrImport(input: Record<string, unknown>, call: Call): object[] {
  const refuse = (ErrorCode: string, ErrorMessage: string) => [{ Id: String(input.Id), ErrorCode, ErrorMessage }];
  if (!call.at.securityHubSince)
    return refuse("InvalidAccess", `Account ${call.at.account} is not subscribed to AWS Security Hub`);
  if (Buffer.byteLength(JSON.stringify(input)) > limits.findingBytes) {
    return refuse("InvalidInput", "The finding exceeds 240 KB.");
  }
  const parsed = finding.safeParse(input, { reportInput: true });
  if (!parsed.success) return refuse("InvalidInput", complaint(parsed.error));
  if (call.world.unsettled.lineBreaks === "rejected" && JSON.stringify(input).includes("\\n"))
    return refuse("InvalidInput", "Finding does not adhere to Amazon Finding Format. A text has a line break.");
  const { ProductArn, AwsAccountId } = parsed.data;
  const { account, region, partition } = call.at;
  const ownProduct = `arn:${partition}:securityhub:${region}:${account}:product/${account}/default`;
  if (ProductArn !== ownProduct || AwsAccountId !== account) {
    return refuse("InvalidAccess", `Account ${account} may not import findings of ${AwsAccountId} for ${ProductArn}`);
  }
  stored(call);
  importFinding(parsed.data, call);
  return [];
}

function updateFindings(input: CustomerUpdate & z.output<typeof identifiers>, { at, world }: Call): object {
  const { FindingIdentifiers, ...update } = input;
  const found: object[] = [];
  const missing: object[] = [];
  for (const identifier of FindingIdentifiers) {
    const stored = at.findings.get(keyOf(identifier));
    if (stored) {
      updateByCustomer(stored, update, isoTime(world.clock));
      found.push(identifier);
    } else {
      missing.push({ FindingIdentifier: identifier, ErrorCode: "FindingNotFound", ErrorMessage: "Finding not found" });
    }
  }
  return { ProcessedFindings: found, UnprocessedFindings: missing };
}
