import { randomUUID } from "node:crypto";
import { z } from "zod";
import { AwsError } from "./errors.ts";
import type { Caller, World } from "./holdings.ts";
import { isTrusted } from "./iam.ts";
import { numberInText, operation } from "./operation.ts";
import { accountsBelow } from "./organization.ts";
import type { Service } from "./service.ts";

/** Default session duration in seconds. Source: AWS STS API Reference, AssumeRole. */
const usualSession = 3600;

const assumeRole = z.object({
  RoleArn: z.string().regex(/^arn:[\w-]+:iam::\d{12}:role\/.+$/),
  RoleSessionName: z.string().regex(/^[\w+=,.@-]{2,64}$/),
  ExternalId: z
    .string()
    .regex(/^[\w+=,.@:/-]{2,1224}$/)
    .optional(),
  DurationSeconds: numberInText(900, 43_200).default(usualSession),
});

export const sts: Service = {
  name: "sts",
  protocol: { kind: "query", namespace: "https://sts.amazonaws.com/doc/2011-06-15/" },
  invalidInput: "ValidationError",
  throttled: { code: "Throttling", status: 400, message: "Rate exceeded" },
  operations: {
    GetCallerIdentity: operation(z.object({}), (_, { caller }) => ({
      Arn: caller.arn,
      UserId: caller.userId,
      Account: caller.account,
    })),
    AssumeRole: operation(
      assumeRole,
      ({ RoleArn, RoleSessionName, ExternalId, DurationSeconds }, { caller, world }) => {
        const assumable = world.roles.get(RoleArn);
        // AWS returns the same error if the role does not exist and if it does not trust the caller.
        if (!assumable || !isTrusted(assumable, principalOf(caller), trustKeys(caller, world, ExternalId))) {
          const sentence = `User: ${caller.arn} is not authorized to perform: sts:AssumeRole on resource: ${RoleArn}`;
          throw new AwsError("AccessDenied", sentence, 403);
        }
        const { role, account, partition } = assumable;
        const accessKeyId = `ASIA${randomUUID().replaceAll("-", "").slice(0, 16).toUpperCase()}`;
        const arn = `arn:${partition}:sts::${account}:assumed-role/${role.name}/${RoleSessionName}`;
        const userId = `AROALOCALAWS00000002:${RoleSessionName}`;
        world.callers.set(accessKeyId, { account, arn, userId, role });
        return {
          AssumedRoleUser: { Arn: arn, AssumedRoleId: userId },
          Credentials: {
            AccessKeyId: accessKeyId,
            SecretAccessKey: "local-aws",
            SessionToken: "local-aws",
            Expiration: new Date(world.clock.now() + DurationSeconds * 1000).toISOString(),
          },
        };
      },
    ),
  },
};

/** Converts the ARN of a role session to the ARN of the role. Source: IAM User Guide, "aws:PrincipalArn". */
function principalOf({ arn }: Caller): string {
  return arn.replace(/^(arn:[\w-]+):sts::(\d+):assumed-role\/([^/]+)\/.*$/, "$1:iam::$2:role/$3");
}

function trustKeys(caller: Caller, { organization }: World, externalId: string | undefined): Record<string, string> {
  const belongs = organization && accountsBelow(organization.root).some(({ id }) => id === caller.account);
  return {
    "aws:PrincipalArn": principalOf(caller),
    ...(belongs && { "aws:PrincipalOrgID": organization.id }),
    ...(externalId !== undefined && { "sts:ExternalId": externalId }),
  };
}
