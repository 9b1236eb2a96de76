import { setTimeout as sleep } from "node:timers/promises";
import {
  type AwsSecurityFinding,
  type AwsSecurityFindingFilters,
  paginateGetFindings,
  type SecurityHubClient,
} from "@aws-sdk/client-securityhub";
import type { Home } from "../domain/node.ts";
import { digestOf } from "./digest.ts";
import { type Ledger, type Published, ruleOf, type Subject, subjectOf } from "./ledger.ts";

/** Findings on a page, Security Hub's most. Source: AWS Security Hub API Reference, GetFindings. */
const pageSize = 100;

/** Source: AWS Security Hub API Reference, GetFindings. */
export const readRate = { burst: 6, perSecond: 3 };

/** How Security Hub is asked: at its pace, which all clusters share, and until a time in epoch milliseconds. */
export interface Asking {
  turn(): number;
  until: number;
}

/**
 * What Security Hub itself says of a cluster's findings: 300 a second, so a minute is enough for 1,000 nodes. Where time is
 * short it is rebuilt as far as it goes; what is then not known is sent again, and what is gone expires by itself.
 */
export async function rebuildLedger(
  hub: SecurityHubClient,
  home: Home,
  cluster: string,
  { turn, until }: Asking,
): Promise<{ ledger: Ledger; whole: boolean }> {
  const subjects = new Map<string, { createdAt: number; findings: Map<string, Published> }>();
  const pages = paginateGetFindings({ client: hub, pageSize }, { Filters: filters(home, cluster) });
  await sleep(turn());
  for await (const { Findings = [], NextToken } of pages) {
    for (const finding of Findings) note(subjects, finding);
    if (NextToken && Date.now() >= until) return { ledger: subjects, whole: false };
    await sleep(turn());
  }
  return { ledger: subjects, whole: true };
}

/** The findings of our product in this account and Region about the cluster. */
function filters({ partition, region, account }: Home, cluster: string): AwsSecurityFindingFilters {
  const ProductArn = `arn:${partition}:securityhub:${region}:${account}:product/${account}/default`;
  return {
    ProductArn: [{ Value: ProductArn, Comparison: "EQUALS" }],
    GeneratorId: [{ Value: "eks-kubelet-auditor/", Comparison: "PREFIX" }],
    ProductFields: [{ Key: "cluster", Value: cluster, Comparison: "EQUALS" }],
  };
}

function note(
  subjects: Map<string, { createdAt: number; findings: Map<string, Published> }>,
  finding: AwsSecurityFinding,
): void {
  const created = Date.parse(finding.CreatedAt ?? "") || 0;
  const subject = subjects.get(subjectOf(finding)) ?? { createdAt: created, findings: new Map() };
  const archived = finding.RecordState === "ARCHIVED";
  subject.findings.set(ruleOf(finding), {
    status: finding.Compliance?.Status ?? "NOT_AVAILABLE",
    archived,
    digest: archived ? "" : digestOf(finding),
    updatedAt: Date.parse(finding.UpdatedAt ?? "") || 0,
  });
  subject.createdAt = Math.min(subject.createdAt, created);
  subjects.set(subjectOf(finding), subject satisfies Subject);
}
