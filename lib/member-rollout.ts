import { CfnStackSet } from "aws-cdk-lib";
import { Asset } from "aws-cdk-lib/aws-s3-assets";
import { Construct } from "constructs";
import type { OrganizationSettings } from "./settings.ts";

interface Rollout {
  /** Path of the member's template. */
  template: string;
  hubParameters: Record<string, string>;
  organizationalUnits: string[];
}

/**
 * A StackSet that deploys the member's template to every account below the units, including accounts that join later.
 */
export class MemberRollout extends Construct {
  constructor(
    scope: Construct,
    id: string,
    { template, hubParameters, organizationalUnits }: Rollout,
    settings: OrganizationSettings,
  ) {
    super(scope, id);
    const { regions, hub, roleName } = settings.fleet;
    // The template contains the collector and exceeds 51,200 bytes, the maximum of a template body, so it is uploaded
    // to S3.
    // Source: AWS CloudFormation User Guide, "CloudFormation quotas".
    const asset = new Asset(this, "Template", { path: template });
    new CfnStackSet(this, "StackSet", {
      stackSetName: roleName,
      description: "Lets the hub audit the kubelet of every EKS worker node",
      templateUrl: asset.httpUrl,
      parameters: Object.entries(hubParameters).map(([parameterKey, parameterValue]) => ({
        parameterKey,
        parameterValue,
      })),
      permissionModel: "SERVICE_MANAGED",
      callAs: hub === "management account" ? "SELF" : "DELEGATED_ADMIN",
      autoDeployment: { enabled: true, retainStacksOnAccountRemoval: false },
      capabilities: ["CAPABILITY_NAMED_IAM"],
      stackInstancesGroup: [{ deploymentTargets: { organizationalUnitIds: organizationalUnits }, regions }],
      // A failure in one account must not roll back the others. Each run reports a member whose role is missing.
      operationPreferences: {
        failureTolerancePercentage: 100,
        maxConcurrentPercentage: 100,
        regionConcurrencyType: "PARALLEL",
      },
    });
  }
}
