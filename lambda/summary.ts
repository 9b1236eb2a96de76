import type { AwsSecurityFinding, ComplianceStatus } from "@aws-sdk/client-securityhub";
import type { ClusterInventory } from "./aws/inventory.ts";
import type { ExceptionReport } from "./findings/excepted.ts";
import type { Seen } from "./findings/reconcile.ts";
import type { Import } from "./findings/step.ts";
import type { Node, ReasonCode, Unreadable } from "./node.ts";
import { escaped } from "./rules/words.ts";
import { ConservationError, NothingAuditedError } from "./run-errors.ts";

/** How nodes came out. The law: total = audited + the sum of notAuditable. */
export interface NodeCount {
  total: number;
  audited: number;
  notAuditable: Partial<Record<ReasonCode, number>>;
}

export interface ClusterSummary {
  name: string;
  nodes: NodeCount;
  /** Instances of EKS Auto Mode, which nobody can audit; not among the nodes. */
  providerManaged: number;
  fargateProfiles: number;
  /** Node groups that are meant to have no nodes at the moment. */
  scaledToZero: readonly string[];
}

/** What a run did, in numbers. Logged once per run and returned to whoever invoked it. */
export interface Summary {
  clusters: number;
  nodes: NodeCount;
  /** By compliance status. */
  findings: { passed: number; failed: number; notAvailable: number; excepted: number };
  /** Failed findings by rule; a rule that fails nowhere has 0. */
  failedByRule: Record<string, number>;
  /** Findings that Security Hub accepted. */
  imported: number;
  /** Findings that Security Hub rejected. */
  rejected: number;
  /** Those among them, by why they were sent. */
  sent: Record<Import["why"], number>;
  /** Findings that Security Hub has as they are. */
  unchanged: number;
  /** Findings that keep a verdict which this run could neither confirm nor refute. */
  held: number;
  exceptions: ExceptionReport;
  /** Requests to AWS by IAM action, retries included. */
  calls: Record<string, number>;
  seconds: number;
  perCluster: readonly ClusterSummary[];
  /** Seconds spent in each phase. */
  phases: Record<string, number>;
  /** Oddities of the fleet that somebody should look at, as sentences. */
  problems: readonly string[];
}

/** One node and whether it could be audited. */
export interface Outcome {
  node: Node;
  unreadable?: Unreadable;
}

/** Everything a summary is made of. */
export interface Account {
  clusters: readonly ClusterInventory[];
  outcomes: readonly Outcome[];
  seen: readonly Seen[];
  exceptions: ExceptionReport;
  imports: readonly Import[];
  accepted: ReadonlySet<string>;
  rejected: number;
  unchanged: number;
  held: number;
  calls: ReadonlyMap<string, number>;
  phases: Record<string, number>;
  problems: readonly string[];
}

export function summarize(account: Account): Summary {
  const { clusters, outcomes, calls, phases, problems, exceptions, unchanged, held } = account;
  const findings = account.seen.flatMap(({ subjects }) => subjects.flatMap((subject) => subject.findings));
  const countStatus = (status: ComplianceStatus) =>
    findings.filter(({ Compliance }) => Compliance?.Status === status).length;
  const seconds = Object.values(phases).reduce((sum, phase) => sum + phase, 0);
  return {
    clusters: clusters.length,
    nodes: countNodes(clusters.flatMap(({ nodes }) => nodes).length, outcomes),
    findings: {
      passed: countStatus("PASSED"),
      failed: countStatus("FAILED"),
      notAvailable: countStatus("NOT_AVAILABLE"),
      excepted: countStatus("WARNING"),
    },
    failedByRule: countFailed(findings),
    imported: account.accepted.size,
    rejected: account.rejected,
    sent: countSent(account),
    unchanged,
    held,
    exceptions,
    calls: Object.fromEntries([...calls].sort()),
    seconds: Math.round(seconds * 1000) / 1000,
    perCluster: clusters.map((cluster) => summarizeCluster(cluster, outcomes)),
    phases,
    problems: problems.map(escaped),
  };
}

function countFailed(findings: readonly AwsSecurityFinding[]): Summary["failedByRule"] {
  const counts: Summary["failedByRule"] = {};
  for (const { GeneratorId = "", Compliance } of findings) {
    const rule = GeneratorId.slice(GeneratorId.indexOf("/") + 1);
    counts[rule] = (counts[rule] ?? 0) + (Compliance?.Status === "FAILED" ? 1 : 0);
  }
  return counts;
}

function countSent({ imports, accepted }: Pick<Account, "imports" | "accepted">): Summary["sent"] {
  const sent = { new: 0, changed: 0, reactivated: 0, archived: 0, refresh: 0 };
  for (const { why, finding } of imports) if (accepted.has(finding.Id ?? "")) sent[why] += 1;
  return sent;
}

function summarizeCluster(
  { cluster: { name }, nodes, providerManaged, fargateProfiles, emptyNodeGroups }: ClusterInventory,
  outcomes: readonly Outcome[],
): ClusterSummary {
  return {
    name,
    nodes: countNodes(
      nodes.length,
      outcomes.filter(({ node }) => node.cluster === name),
    ),
    providerManaged,
    fargateProfiles: fargateProfiles.length,
    scaledToZero: emptyNodeGroups.filter(({ desired }) => desired === 0).map((group) => group.name),
  };
}

/** `total` is what inventory found; the rest is what came out at the end. */
export function countNodes(total: number, outcomes: readonly Outcome[]): NodeCount {
  const codes = outcomes.flatMap(({ unreadable }) => (unreadable ? [unreadable.code] : []));
  const notAuditable: NodeCount["notAuditable"] = {};
  for (const code of codes.sort()) notAuditable[code] = (notAuditable[code] ?? 0) + 1;
  return { total, audited: outcomes.length - codes.length, notAuditable };
}

/** Every node that went in came out, and not all of them as unreadable. */
export function brokenLaws({ nodes, perCluster }: Pick<Summary, "nodes" | "perCluster">): Error[] {
  const lossy = perCluster.filter((cluster) => !isConserved(cluster.nodes));
  return [
    ...lossy.map((cluster) => new ConservationError(cluster.name, cluster.nodes)),
    ...(nodes.total > 0 && nodes.audited === 0 ? [new NothingAuditedError(nodes)] : []),
  ];
}

function isConserved({ total, audited, notAuditable }: NodeCount): boolean {
  return total === Object.values(notAuditable).reduce((sum, count) => sum + count, audited);
}
