import { CfnInsight } from "aws-cdk-lib/aws-securityhub";
import { Construct } from "constructs";

const equals = (...values: string[]) => values.map((value) => ({ comparison: "EQUALS", value }));

/** What stands now and what nobody has dealt with. An excepted finding is a WARNING, and so is none of these. */
const open = {
  recordState: equals("ACTIVE"),
  workflowStatus: equals("NEW", "NOTIFIED"),
  complianceStatus: equals("FAILED"),
};

/** Our rules, but for whether a node could be audited at all. */
const rules = [
  { comparison: "PREFIX", value: "eks-kubelet-auditor/" },
  { comparison: "NOT_EQUALS", value: "eks-kubelet-auditor/node-auditable" },
];

/** Saved questions to Security Hub. It groups by no field of ours, so that clusters are told by their resource. */
export class AuditInsights extends Construct {
  constructor(scope: Construct, id: string) {
    super(scope, id);
    new CfnInsight(this, "FailedByCluster", {
      name: "EKS kubelets: failed findings, by cluster and node",
      groupByAttribute: "ResourceId",
      filters: { ...open, generatorId: rules },
    });
    new CfnInsight(this, "FailedByRule", {
      name: "EKS kubelets: failed findings, by rule",
      groupByAttribute: "GeneratorId",
      filters: { ...open, generatorId: rules },
    });
    new CfnInsight(this, "NotAuditable", {
      name: "EKS kubelets: nodes that cannot be audited, by cluster and node",
      groupByAttribute: "ResourceId",
      filters: { ...open, generatorId: equals("eks-kubelet-auditor/node-auditable") },
    });
  }
}
