import { AssumeRoleCommand, type STSClient } from "@aws-sdk/client-sts";
import type { Place } from "../domain/place.ts";
import { withReply } from "../text.ts";
import { MissingPermissionError } from "./missing-permission.ts";

/** How the hub gets access to the members of the organization. */
export interface Membership {
  /** Name of the role in each member. */
  roleName: string;
  externalId: string;
}

/** Credentials of a session of a member's role. */
export interface Credentials {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken: string;
}

/** The hub could not assume the role of a member. */
export class MemberRoleError extends Error {
  override readonly name = "MemberRoleError";
  /** IAM denied the call. Any other error may be temporary. */
  readonly isDenied: boolean;
  constructor(roleArn: string, cause: Error) {
    super(
      withReply(
        `The role ${roleArn} could not be assumed. Is the member template deployed in that account, with this hub's parameters?`,
        cause,
      ),
      { cause },
    );
    this.isDenied = cause instanceof MissingPermissionError;
  }
}

/**
 * Assumes the member role in the account of `place`. The session lasts an hour, STS's default. A Lambda function cannot
 * run that long.
 */
export async function assumeMemberRole(
  sts: STSClient,
  { roleName, externalId }: Membership,
  { partition, account }: Pick<Place, "partition" | "account">,
  runId: string,
): Promise<Credentials> {
  const RoleArn = `arn:${partition}:iam::${account}:role/${roleName}`;
  const request = new AssumeRoleCommand({
    RoleArn,
    ExternalId: externalId,
    // CloudTrail in the member shows this name. The hub's log contains the same run id.
    RoleSessionName: `eks-kubelet-auditor-${runId}`,
  });
  const { Credentials: given } = await sts.send(request).catch((error: Error) => {
    throw new MemberRoleError(RoleArn, error);
  });
  const { AccessKeyId: accessKeyId, SecretAccessKey: secretAccessKey, SessionToken: sessionToken } = given ?? {};
  if (!accessKeyId || !secretAccessKey || !sessionToken)
    throw new MemberRoleError(RoleArn, new Error("STS returned no credentials"));
  return { accessKeyId, secretAccessKey, sessionToken };
}
