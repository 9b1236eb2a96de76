import type { AwsSecurityFinding, ComplianceStatus } from "@aws-sdk/client-securityhub";
import type { Home } from "../domain/node.ts";
import { rules } from "../rules/index.ts";
import { benchmarkFor } from "../rules/kit/benchmark.ts";
import { toFinding } from "./finding.ts";
import { clusterResource, nodeResource } from "./resources.ts";

/** Why a finding is no longer about anything. The codes are published as ASFF StatusReasons. */
export type Absence = "NODE_GONE" | "CAPACITY_GONE" | "RULE_OFF" | "CLUSTER_GONE" | "CLUSTER_NOT_AUDITED";

const because: Readonly<Record<Absence, string>> = {
  NODE_GONE: "It no longer runs, or is no longer found as a node of the cluster.",
  CAPACITY_GONE:
    "Neither EKS Auto Mode nor Fargate runs anything of the cluster any more, or the rule is switched off.",
  RULE_OFF: "The rule is switched off or no longer applies.",
  CLUSTER_GONE: "The cluster was deleted.",
  CLUSTER_NOT_AUDITED: "The auditor's settings leave the cluster out.",
};

interface Gone {
  home: Home;
  cluster: string;
  subject: string;
  rule: string;
  /** As published last. An archived finding keeps it, since another would reopen what the customer resolved. */
  status: ComplianceStatus;
  absence: Absence;
}

/** The last word on a finding. What it once said in full is not remembered; what it was about and how it stood is. */
export function archivedFinding({ home, cluster, subject, rule: id, status, absence }: Gone): AwsSecurityFinding {
  const rule = rules.find((each) => each.id === id) ?? { id, title: `Rule ${id}`, why: "", cis: {}, severity: "LOW" };
  const arn = (service: string, resource: string) =>
    `arn:${home.partition}:${service}:${home.region}:${home.account}:${resource}`;
  const ofCluster = clusterResource({ name: cluster, arn: arn("eks", `cluster/${cluster}`), autoMode: false }, home);
  const ofNode = nodeResource(
    {
      arn: subject.startsWith("mi-") ? arn("ssm", `managed-instance/${subject}`) : arn("ec2", `instance/${subject}`),
      tags: {},
    },
    home,
  );
  const finding = toFinding({
    home,
    rule,
    severity: rule.severity,
    verdict: {
      status: status === "FAILED" ? "failed" : "notAvailable",
      because: `${because[absence]} The last verdict was ${status}.`,
      fix: "Nothing: this finding is archived.",
    },
    benchmark: benchmarkFor(undefined),
    cluster,
    subject,
    remediation: "",
    resources: subject === "cluster" ? [ofCluster] : [ofNode, ofCluster],
    fields: { ...(subject !== "cluster" && { instanceId: subject }) },
    createdAt: "",
    updatedAt: "",
  });
  const StatusReasons = [{ ReasonCode: absence, Description: because[absence] }];
  return { ...finding, RecordState: "ARCHIVED", Compliance: { ...finding.Compliance, Status: status, StatusReasons } };
}
