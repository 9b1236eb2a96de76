import { Aws, Duration } from "aws-cdk-lib";
import { PolicyStatement, type Role } from "aws-cdk-lib/aws-iam";
import type { Function as LambdaFunction } from "aws-cdk-lib/aws-lambda";
import type { LogGroup } from "aws-cdk-lib/aws-logs";
import { Construct } from "constructs";
import type { PlannerEnvironment } from "../lambda/plan/planner-config.ts";
import { acknowledge } from "./acknowledge.ts";
import { planCode } from "./function-code.ts";
import type { LedgerBucket } from "./ledger-bucket.ts";
import { loggedFunction } from "./logged-function.ts";
import type { Members } from "./members.ts";
import type { Organization, OrganizationSettings } from "./settings.ts";

/** Timeout. With 300,000 instances, planning takes four minutes: DescribeInstances returns 1,000 in 0.6 seconds. */
export const planTimeout = Duration.minutes(15);

/** Memory in MiB. It holds the instances of one account-Region. */
export const memorySize = 512;

interface Parts {
  ledgers: LedgerBucket;
  members: Members;
}

/** The planning function: lists account-Regions, splits them into parts, and summarizes the results. */
export class PlanFunction extends Construct {
  readonly handler: LambdaFunction;
  readonly logGroup: LogGroup;
  readonly roleArn: string;

  constructor(
    scope: Construct,
    id: string,
    { ledgers, members }: Parts,
    { fleet, clusters, architecture }: OrganizationSettings,
  ) {
    super(scope, id);
    const { handler, logGroup, role } = loggedFunction(this, {
      description: "Plans the audit of an organization and summarizes its results",
      code: planCode(),
      handler: "planner.handler",
      timeout: planTimeout,
      memorySize,
      architecture,
      environment: {
        ...members.environment,
        ...listsOf(fleet.members),
        REGIONS: JSON.stringify(fleet.regions),
        LEDGER_BUCKET: ledgers.bucket.bucketName,
        ...(clusters && { CLUSTERS: JSON.stringify(clusters) }),
      } satisfies PlannerEnvironment,
    });
    members.grantAssuming(role);
    ledgers.grantListing(role);
    if ("organizationalUnits" in fleet.members)
      grantLookingUp(role, fleet.organizationId, fleet.members.organizationalUnits);
    this.handler = handler;
    this.logGroup = logGroup;
    this.roleArn = role.roleArn;
  }
}

function listsOf(members: Organization["members"]) {
  return "accounts" in members
    ? { ACCOUNTS: JSON.stringify(members.accounts) }
    : { ORGANIZATIONAL_UNITS: JSON.stringify(members.organizationalUnits) };
}

/** Lets `role` list the accounts of organizational units. The ARN of a unit contains the management account. */
function grantLookingUp(role: Role, organizationId: string, units: readonly string[]): void {
  const hasRoot = units.some((unit) => unit.startsWith("r-"));
  const kinds = [...(hasRoot ? ["root"] : []), "ou"].map((kind) => `organizations::*:${kind}/${organizationId}/*`);
  role.addToPolicy(
    new PolicyStatement({
      sid: "ListMembers",
      actions: ["organizations:ListAccountsForParent", "organizations:ListOrganizationalUnitsForParent"],
      resources: kinds.map((kind) => `arn:${Aws.PARTITION}:${kind}`),
    }),
  );
  for (const kind of kinds) {
    acknowledge(role, {
      id: `AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:${kind}]`,
      reason: "Units below the given ones are created and deleted after deployment; all belong to one organization.",
    });
  }
}
