import { Aws, Fn } from "aws-cdk-lib";
import { PolicyStatement, type Role } from "aws-cdk-lib/aws-iam";
import type { Environment } from "../lambda/config.ts";
import { acknowledge } from "./acknowledge.ts";
import type { Organization } from "./settings.ts";

/** Access of the hub to its members, through a role in each of them. */
export class Members {
  /** Identifies the hub when it assumes a role. It is not a secret, because the role trusts only the hub's roles. */
  readonly externalId = Fn.select(2, Fn.split("/", Aws.STACK_ID));
  readonly environment: Required<Pick<Environment, "MEMBER_ROLE" | "EXTERNAL_ID">>;
  readonly #fleet: Organization;

  constructor(fleet: Organization) {
    this.#fleet = fleet;
    this.environment = { MEMBER_ROLE: fleet.roleName, EXTERNAL_ID: this.externalId };
  }

  /** Lets `role` assume the members' roles within the organization. */
  grantAssuming(role: Role): void {
    const { roleName, organizationId } = this.#fleet;
    role.addToPolicy(
      new PolicyStatement({
        sid: "AssumeMemberRole",
        actions: ["sts:AssumeRole"],
        resources: [`arn:${Aws.PARTITION}:iam::*:role/${roleName}`],
        conditions: { StringEquals: { "aws:ResourceOrgID": organizationId } },
      }),
    );
    acknowledge(role, {
      id: `AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:iam::*:role/${roleName}]`,
      reason: "Accounts join and leave after deployment; the condition allows only those of the organization.",
    });
  }
}
