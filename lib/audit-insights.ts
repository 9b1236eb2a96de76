import { CfnInsight } from "aws-cdk-lib/aws-securityhub";
import { Construct } from "constructs";

const equals = (...values: string[]) => values.map((value) => ({ comparison: "EQUALS", value }));

/**
 * Filter for open failures: active, failed and not resolved or suppressed. An excepted finding has the status WARNING.
 */
const open = {
  recordState: equals("ACTIVE"),
  workflowStatus: equals("NEW", "NOTIFIED"),
  complianceStatus: equals("FAILED"),
};

/** Filter for all rules except node-auditable. */
const rules = [
  { comparison: "PREFIX", value: "eks-kubelet-auditor/" },
  { comparison: "NOT_EQUALS", value: "eks-kubelet-auditor/node-auditable" },
];

/** Custom insights in Security Hub. Insights cannot group by ProductFields, so the resource identifies the cluster. */
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
