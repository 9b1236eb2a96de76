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

/** Has CloudFormation keep a stack of the member's template in every account below the units, those that join later included. */
export class MemberRollout extends Construct {
  constructor(
    scope: Construct,
    id: string,
    { template, hubParameters, organizationalUnits }: Rollout,
    settings: OrganizationSettings,
  ) {
    super(scope, id);
    const { regions, hub, roleName } = settings.fleet;
    // With its scripts the template is larger than the 51,200 bytes that a body may have, so it goes through S3.
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
      // An account in which it fails is no reason to take it from the others; every run says which one that is.
      operationPreferences: {
        failureTolerancePercentage: 100,
        maxConcurrentPercentage: 100,
        regionConcurrencyType: "PARALLEL",
      },
    });
  }
}
