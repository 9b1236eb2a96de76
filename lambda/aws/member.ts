import { AssumeRoleCommand, type STSClient } from "@aws-sdk/client-sts";
import type { Place } from "../domain/place.ts";

/** How the members of an organization let its hub in. */
export interface Membership {
  /** Name of the role that each of them has. */
  roleName: string;
  externalId: string;
}

/** Of a session of a member's role. */
export interface Credentials {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken: string;
}

/** The account has no such role, or it does not trust this hub. */
export class MemberRoleError extends Error {
  override readonly name = "MemberRoleError";
  constructor(roleArn: string, cause: Error) {
    super(
      `The role ${roleArn} could not be assumed. Is the member template deployed in that account, with this hub's parameters? AWS said: ${cause.message}`,
      { cause },
    );
  }
}

/**
 * A session of the role that the account `place` has for its hub. It lasts an hour, STS's default, and so longer than any
 * run of a function.
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
    // CloudTrail in the member shows it, and the hub's log has the same id.
    RoleSessionName: `eks-kubelet-auditor-${runId}`,
  });
  const { Credentials: given } = await sts.send(request).catch((error: Error) => {
    throw new MemberRoleError(RoleArn, error);
  });
  const { AccessKeyId: accessKeyId, SecretAccessKey: secretAccessKey, SessionToken: sessionToken } = given ?? {};
  if (!accessKeyId || !secretAccessKey || !sessionToken)
    throw new MemberRoleError(RoleArn, new Error("STS answered without credentials"));
  return { accessKeyId, secretAccessKey, sessionToken };
}
