import { setTimeout as sleep } from "node:timers/promises";
import {
  type AwsSecurityFinding,
  type AwsSecurityFindingFilters,
  paginateGetFindings,
  type SecurityHubClient,
} from "@aws-sdk/client-securityhub";
import { digestOf } from "../findings/digest.ts";
import { type Ledger, type Published, ruleOf, type Subject, subjectOf } from "../findings/ledger.ts";
import type { Home } from "../node.ts";
import { pacer } from "./pace.ts";

/** Findings on a page, Security Hub's most. Source: AWS Security Hub API Reference, GetFindings. */
const pageSize = 100;

/** Source: AWS Security Hub API Reference, GetFindings. */
export const readRate = { burst: 6, perSecond: 3 };

/** Milliseconds one ledger may take: 80,000 findings, 5,000 nodes. Larger ones are rebuilt as far as it goes. */
const longest = 270_000;

/** What Security Hub itself says of a cluster's findings. `turn` is shared, so that many clusters keep the one rate. */
export async function rebuildLedger(
  hub: SecurityHubClient,
  home: Home,
  cluster: string,
  turn = pacer(readRate),
): Promise<{ ledger: Ledger; whole: boolean }> {
  const subjects = new Map<string, { createdAt: number; findings: Map<string, Published> }>();
  const until = Date.now() + longest;
  const pages = paginateGetFindings({ client: hub, pageSize }, { Filters: filters(home, cluster) });
  await sleep(turn());
  for await (const { Findings = [] } of pages) {
    for (const finding of Findings) note(subjects, finding);
    if (Date.now() > until) return { ledger: subjects, whole: false };
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
