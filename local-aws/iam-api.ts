import { z } from "zod";
import { AwsError } from "./errors.ts";
import { decide } from "./iam.ts";
import { operation } from "./operation.ts";
import type { Service } from "./service.ts";

const list = <T extends z.ZodType>(member: T) => z.object({ member: z.array(member) });

const simulation = z.object({
  PolicySourceArn: z.string().min(20),
  ActionNames: list(z.string().min(3).max(128)),
  ResourceArns: list(z.string()).default({ member: ["*"] }),
  ContextEntries: list(
    z.object({
      ContextKeyName: z.string().min(5).max(256),
      ContextKeyType: z.string(),
      ContextKeyValues: list(z.string()),
    }),
  ).default({ member: [] }),
});

/** IAM, with SimulatePrincipalPolicy for the roles of deployed functions. */
export const iam: Service = {
  name: "iam",
  protocol: { kind: "query", namespace: "https://iam.amazonaws.com/doc/2010-05-08/" },
  invalidInput: "InvalidInput",
  throttled: { code: "Throttling", status: 400, message: "Rate exceeded" },
  operations: {
    SimulatePrincipalPolicy: operation(simulation, (input, { world }) => {
      const role = world.functionRoles.get(input.PolicySourceArn);
      if (!role) throw new AwsError("NoSuchEntity", `${input.PolicySourceArn} cannot be found.`, 404);
      const keys = Object.fromEntries(
        input.ContextEntries.member.map(({ ContextKeyName, ContextKeyValues }) => [
          ContextKeyName,
          ContextKeyValues.member[0] ?? "",
        ]),
      );
      const member = input.ActionNames.member.flatMap((action) =>
        input.ResourceArns.member.map((resource) => ({
          EvalActionName: action,
          EvalResourceName: resource,
          EvalDecision: decide(role, { action, resource, keys }),
        })),
      );
      return { EvaluationResults: { member }, IsTruncated: false };
    }),
  },
};
