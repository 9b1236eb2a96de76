import * as cdk from "aws-cdk-lib";
import type { IConstruct } from "constructs";

/**
 * Accepts what a rule of cdk-nag finds in a construct. An older CDK has no `Validations`, or one that rejects the ids
 * of cdk-nag that contain "::" twice. Nothing is lost: the template does not contain what is accepted.
 */
export function acknowledge(construct: IConstruct, accepted: { id: string; reason: string }): void {
  if (!("Validations" in cdk)) return;
  try {
    cdk.Validations.of(construct).acknowledge(accepted);
  } catch (error) {
    if (!(error instanceof Error && error.message.startsWith("Invalid validation rule ID"))) throw error;
  }
}
