import { z } from "zod";
import { changeSetOperations, stackId } from "./change-sets.ts";
import { AwsError } from "./errors.ts";
import { type Call, operation, page } from "./operation.ts";
import type { Service } from "./service.ts";

/** Resources on one page. Source: AWS CloudFormation API Reference, ListStackResources. */
const pageSize = 100;

/** CloudFormation, read-only: describes the stacks that deploy() created. */
export const cloudformation: Service = {
  name: "cloudformation",
  protocol: { kind: "query", namespace: "http://cloudformation.amazonaws.com/doc/2010-05-15/" },
  invalidInput: "ValidationError",
  throttled: { code: "Throttling", status: 400, message: "Rate exceeded" },
  operations: {
    ...changeSetOperations(),
    DescribeStacks: operation(z.object({ StackName: z.string().optional() }), ({ StackName }, call) => {
      const stacks = StackName === undefined ? [...call.at.stacks.values()] : [findStack(call, StackName)];
      return { Stacks: { member: stacks.map(({ name, outputs }) => describe(call, name, outputs)) } };
    }),
    ListStackResources: operation(
      z.object({ StackName: z.string(), NextToken: z.string().optional() }),
      ({ StackName, NextToken }, call) => {
        const { resources } = findStack(call, StackName);
        const { entries, nextToken } = page(resources, pageSize, NextToken, () => {
          throw new AwsError("ValidationError", "The token is not valid.");
        });
        const member = entries.map(({ logicalId, type, name }) => ({
          LogicalResourceId: logicalId,
          PhysicalResourceId: name,
          ResourceType: type,
          ResourceStatus: "CREATE_COMPLETE",
          LastUpdatedTimestamp: new Date(call.world.clock.now()).toISOString(),
        }));
        return { StackResourceSummaries: { member }, ...(nextToken && { NextToken: nextToken }) };
      },
    ),
  },
};

function findStack({ at }: Call, name: string) {
  const stack = at.stacks.get(name);
  if (!stack) throw new AwsError("ValidationError", `Stack with id ${name} does not exist`);
  return stack;
}

function describe(call: Call, name: string, outputs: Readonly<Record<string, string>>): object {
  const member = Object.entries(outputs).map(([OutputKey, OutputValue]) => ({ OutputKey, OutputValue }));
  return {
    StackName: name,
    StackId: stackId(call, name),
    StackStatus: "CREATE_COMPLETE",
    CreationTime: new Date(call.world.clock.now()).toISOString(),
    Outputs: { member },
  };
}
