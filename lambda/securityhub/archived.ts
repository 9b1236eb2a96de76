import type { AwsSecurityFinding } from "@aws-sdk/client-securityhub";
import type { Absence, Ended, FindingUpdate } from "../domain/finding.ts";
import { type Requirement, requirementsOf } from "../domain/requirements.ts";
import { type ClusterSubject, wholeCluster } from "../domain/result.ts";
import { benchmarkNames, type RuleFacts } from "../domain/rule-facts.ts";
import { complianceStatuses, toFinding } from "./asff.ts";
import { nodeResource } from "./resources.ts";

const because: Readonly<Record<Absence, string>> = {
  NOT_LISTED: "AWS has not listed the node for 24 hours. AWS's lists were incomplete, so the node may still exist.",
  NODE_GONE: "The node no longer runs, or is no longer found as a node of the cluster.",
  CAPACITY_GONE: "EKS Auto Mode and Fargate no longer run nodes or pods of the cluster, or the rule is switched off.",
  RULE_OFF: "The rule is switched off or no longer applies.",
  CLUSTER_GONE: "The cluster was deleted.",
  CLUSTER_NOT_AUDITED: "The auditor's settings exclude the cluster.",
};

/**
 * The archived version of a finding. The ledger keeps only its subject and last status, so its original text cannot be
 * repeated. `rule` is undefined for a rule that this version of the auditor no longer has.
 */
export function archivedFinding(
  ended: Ended,
  update: Omit<FindingUpdate, "content">,
  rule: RuleFacts = unknownRule(ended.rule),
): AwsSecurityFinding {
  const { place, status, absence } = ended;
  const isArchived = absence !== "NOT_LISTED";
  const finding = toFinding(
    {
      rule,
      subject: clusterOf(ended, update.updatedAt),
      status,
      severity: rule.severity,
      because: isArchived
        ? `${because[absence]} The last verdict was ${complianceStatuses[status]}.`
        : because[absence],
      reasons: [],
      fix: isArchived
        ? "Nothing to do: this finding is archived."
        : "Find the failed calls in the log of the run, and allow the auditor's role to make them.",
      requirements: newestRequirements(rule),
    },
    update,
  );
  const StatusReasons = [{ ReasonCode: absence, Description: because[absence] }];
  const archived = {
    ...finding,
    RecordState: isArchived ? "ARCHIVED" : "ACTIVE",
    Compliance: { ...finding.Compliance, StatusReasons },
  } as const;
  if (ended.subject === wholeCluster) return archived;
  const arn = ended.subject.startsWith("mi-")
    ? arnOf(ended, "ssm", `managed-instance/${ended.subject}`)
    : arnOf(ended, "ec2", `instance/${ended.subject}`);
  return {
    ...archived,
    Resources: [nodeResource({ arn, tags: {} }, place), ...(finding.Resources ?? [])],
    ProductFields: { ...finding.ProductFields, instanceId: ended.subject },
  };
}

/** The newest numbers of the rule in the first benchmark that has it. */
function newestRequirements(rule: RuleFacts): readonly Requirement[] {
  const version = Object.keys(rule.cis).at(-1) ?? "";
  return benchmarkNames.map((name) => requirementsOf(rule, version, [name])).find((all) => all.length > 0) ?? [];
}

function unknownRule(id: string): RuleFacts {
  return { id, title: `Rule ${id}`, failureTitle: "", fixTitle: "", why: "", cis: {}, severity: "LOW" };
}

function clusterOf(ended: Ended, judgedAt: number): ClusterSubject {
  const { place, cluster: name } = ended;
  const cluster = { name, arn: arnOf(ended, "eks", `cluster/${name}`), autoMode: false };
  return { kind: "cluster", id: wholeCluster, place, cluster, judgedAt };
}

function arnOf({ place: { partition, region, account } }: Ended, service: string, resource: string): string {
  return `arn:${partition}:${service}:${region}:${account}:${resource}`;
}
