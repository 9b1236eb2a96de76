import { setTimeout as sleep } from "node:timers/promises";
import {
  type AwsSecurityFinding,
  type AwsSecurityFindingFilters,
  paginateGetFindings,
  type SecurityHubClient,
} from "@aws-sdk/client-securityhub";
import type { Home } from "../domain/node.ts";
import { digestOf } from "./digest.ts";
import { type Ledger, latestUpdatedAt, type Published, ruleOf, type Subject, subjectOf, timesOf } from "./ledger.ts";

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
 * What Security Hub holds of a cluster's findings, at 300 findings a second. When time runs out the ledger is rebuilt in
 * part: the run sends again what is then unknown, and what is gone expires in Security Hub. `now` is epoch milliseconds.
 */
export async function rebuildLedger(
  hub: SecurityHubClient,
  home: Home,
  cluster: string,
  { turn, until, now }: Asking & { now: number },
): Promise<{ ledger: Ledger; whole: boolean }> {
  const subjects = new Map<string, Draft>();
  const pages = paginateGetFindings({ client: hub, pageSize }, { Filters: filters(home, cluster) });
  await sleep(turn());
  for await (const { Findings = [], NextToken } of pages) {
    for (const finding of Findings) note(subjects, finding, now);
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

/** The rule that fails while a node cannot be read. */
const nodeAuditable = "node-auditable";

/** A subject that is still being filled. */
interface Draft extends Subject {
  findings: Map<string, Published>;
}

/** Times of the future stand in findings that a wrong clock or another importer wrote; no ledger may hold them. */
function note(subjects: Map<string, Draft>, finding: AwsSecurityFinding, now: number): void {
  const [id, rule] = [subjectOf(finding), ruleOf(finding)];
  const created = Math.min(now, timeOf(finding.CreatedAt));
  const subject: Draft = subjects.get(id) ?? { createdAt: created, findings: new Map() };
  const published = publishedIn(finding, now);
  subject.findings.set(rule, published);
  subject.createdAt = Math.min(subject.createdAt, created);
  // How long the node has been unreadable is not in Security Hub, but it was by then.
  const isUnreadable = rule === nodeAuditable && published.status === "FAILED" && !published.archived;
  if (isUnreadable) subject.unreadSince = Math.min(now, published.updatedAt);
  subjects.set(id, subject);
}

/** The ledger's entry of a finding that was read from Security Hub. */
function publishedIn(finding: AwsSecurityFinding, now: number): Published {
  const archived = finding.RecordState === "ARCHIVED";
  return {
    status: finding.Compliance?.Status ?? "NOT_AVAILABLE",
    archived,
    digest: archived ? "" : digestOf(finding),
    ...timesOf(timeOf(finding.UpdatedAt), now),
  };
}

/** Epoch milliseconds; 0 for what is not a time. */
function timeOf(text = ""): number {
  return Math.min(latestUpdatedAt, Math.max(0, Date.parse(text) || 0));
}
