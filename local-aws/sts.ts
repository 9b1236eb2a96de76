import { z } from "zod";
import { operation } from "./operation.ts";
import type { Service } from "./service.ts";

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
  },
};
