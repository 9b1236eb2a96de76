import { Aws, Fn, Validations } from "aws-cdk-lib";
import { PolicyStatement, type Role } from "aws-cdk-lib/aws-iam";
import type { Environment } from "../lambda/config.ts";
import type { Organization } from "./settings.ts";

/** How the hub reaches its members: by a role that each of them has. */
export class Members {
  /** What asks for the role with this id asks for this hub. It is no secret: the role trusts the hub's own roles only. */
  readonly externalId = Fn.select(2, Fn.split("/", Aws.STACK_ID));
  readonly environment: Required<Pick<Environment, "MEMBER_ROLE" | "EXTERNAL_ID">>;
  readonly #fleet: Organization;

  constructor(fleet: Organization) {
    this.#fleet = fleet;
    this.environment = { MEMBER_ROLE: fleet.roleName, EXTERNAL_ID: this.externalId };
  }

  /** Lets `role` assume the members' roles, and none outside the organization. */
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
    Validations.of(role).acknowledge({
      id: `AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:iam::*:role/${roleName}]`,
      reason: "Accounts come and go after deployment; the condition leaves those of the organization.",
    });
  }
}
