import { setTimeout as sleep } from "node:timers/promises";
import {
  type AwsSecurityFinding,
  type AwsSecurityFindingFilters,
  type ComplianceStatus,
  paginateGetFindings,
  type SecurityHubClient,
} from "@aws-sdk/client-securityhub";
import type { Home } from "../domain/node.ts";
import { generatorId, type KeptStatus } from "../domain/result.ts";
import { digestOfFinding } from "./digest.ts";

/** Findings on a page, Security Hub's most. Source: AWS Security Hub API Reference, GetFindings. */
const pageSize = 100;

/** Source: AWS Security Hub API Reference, GetFindings. */
export const readRate = { burst: 6, perSecond: 3 };

/** One of our findings as Security Hub holds it. */
export interface HeldFinding {
  /** Instance id, or "cluster". */
  subject: string;
  rule: string;
  status: KeptStatus;
  archived: boolean;
  /** Empty for an archived finding. */
  digest: string;
  /** Meant to be ISO 8601. */
  createdAt: string;
  updatedAt: string;
}

/** One page of findings, and whether it is the last one. */
export interface Page {
  findings: readonly HeldFinding[];
  isLast: boolean;
}

/** The findings of our product about the cluster, page by page. `turn` gives the milliseconds to wait before each call. */
export async function* readFindings(
  client: SecurityHubClient,
  place: Home,
  cluster: string,
  turn: () => number,
): AsyncGenerator<Page, void> {
  const pages = paginateGetFindings({ client, pageSize }, { Filters: filters(place, cluster) });
  await sleep(turn());
  for await (const { Findings = [], NextToken } of pages) {
    yield { findings: Findings.map(heldFinding), isLast: NextToken === undefined };
    if (NextToken) await sleep(turn());
  }
}

function filters({ partition, region, account }: Home, cluster: string): AwsSecurityFindingFilters {
  const ProductArn = `arn:${partition}:securityhub:${region}:${account}:product/${account}/default`;
  return {
    ProductArn: [{ Value: ProductArn, Comparison: "EQUALS" }],
    GeneratorId: [{ Value: generatorId(""), Comparison: "PREFIX" }],
    ProductFields: [{ Key: "cluster", Value: cluster, Comparison: "EQUALS" }],
  };
}

function heldFinding(finding: AwsSecurityFinding): HeldFinding {
  const { Id = "", GeneratorId = "", CreatedAt = "", UpdatedAt = "", Compliance } = finding;
  const archived = finding.RecordState === "ARCHIVED";
  return {
    subject: Id.slice(Id.lastIndexOf("/") + 1),
    rule: GeneratorId.slice(GeneratorId.indexOf("/") + 1),
    status: keptStatuses[Compliance?.Status ?? "NOT_AVAILABLE"],
    archived,
    digest: archived ? "" : digestOfFinding(finding),
    createdAt: CreatedAt,
    updatedAt: UpdatedAt,
  };
}

const keptStatuses: Readonly<Record<ComplianceStatus, KeptStatus>> = {
  PASSED: "passed",
  FAILED: "failed",
  WARNING: "excepted",
  NOT_AVAILABLE: "notAvailable",
};
