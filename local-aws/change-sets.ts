import { parse } from "yaml";
import { z } from "zod";
import { AwsError } from "./errors.ts";
import type { DeployedStack } from "./holdings.ts";
import { TemplateError } from "./intrinsics.ts";
import { type Call, type Operation, operation } from "./operation.ts";
import { type Resource, resolveTemplate } from "./template.ts";

/** A change set, and the stack that it creates. */
interface ChangeSet {
  id: string;
  stack: DeployedStack;
}

const named = z.object({ ChangeSetName: z.string(), StackName: z.string().optional() });
/** A list in the Query protocol, where an empty list is an empty string. */
function listOf<Entry>(entry: z.ZodType<Entry>) {
  return z
    .union([z.literal(""), z.object({ member: z.array(entry) })])
    .default("")
    .transform((list) => (list === "" ? [] : list.member));
}

const input = z.object({
  StackName: z.string().regex(/^[a-zA-Z][-a-zA-Z0-9]*$/),
  ChangeSetName: z.string(),
  /** At most 51,200 bytes. Source: AWS CloudFormation User Guide, "CloudFormation quotas". */
  TemplateBody: z.string().min(1).max(51_200).optional(),
  TemplateURL: z.url().optional(),
  Parameters: listOf(z.object({ ParameterKey: z.string(), ParameterValue: z.string() })),
  Capabilities: listOf(z.string()),
});

const codeModel = z.object({ S3Bucket: z.string(), S3Key: z.string() });

/** The operations that `aws cloudformation deploy` uses to create a stack. */
export function changeSetOperations(): Record<string, Operation> {
  const changeSets = new Map<string, ChangeSet>();
  const find = ({ ChangeSetName }: z.output<typeof named>): ChangeSet => {
    const changeSet = changeSets.get(ChangeSetName);
    if (changeSet) return changeSet;
    throw new AwsError("ChangeSetNotFoundException", `ChangeSet [${ChangeSetName}] does not exist`, 404);
  };
  return {
    CreateChangeSet: operation(input, ({ StackName, ChangeSetName, TemplateBody, TemplateURL, ...given }, call) => {
      const values = Object.fromEntries(
        given.Parameters.map(({ ParameterKey, ParameterValue }) => [ParameterKey, ParameterValue]),
      );
      const resolved = describedBy(TemplateBody ?? templateAt(TemplateURL, call), StackName, call, values);
      if (resolved.resources.some(({ type }) => type.startsWith("AWS::IAM::")) && given.Capabilities.length === 0)
        throw new AwsError("InsufficientCapabilitiesException", "Requires capabilities : [CAPABILITY_IAM]");
      const { partition, region, account } = call.at;
      const id = `arn:${partition}:cloudformation:${region}:${account}:changeSet/${ChangeSetName}/0ac3d1f2`;
      changeSets.set(id, { id, stack: { name: StackName, ...resolved } });
      return { Id: id, StackId: stackId(call, StackName) };
    }),
    DescribeChangeSet: operation(named, (request, call) => {
      const { id, stack } = find(request);
      return {
        ChangeSetId: id,
        StackName: stack.name,
        StackId: stackId(call, stack.name),
        Status: "CREATE_COMPLETE",
        ExecutionStatus: "AVAILABLE",
      };
    }),
    ExecuteChangeSet: operation(named, (request, call) => {
      const { stack } = find(request);
      for (const { type, properties } of stack.resources)
        if (type === "AWS::Lambda::Function") checkCode(properties, call);
      call.at.stacks.set(stack.name, stack);
      return {};
    }),
  };
}

function describedBy(body: string, stack: string, { at }: Call, values: Record<string, string>) {
  try {
    // The YAML parser also reads JSON.
    return resolveTemplate(parse(body), stack, at, values);
  } catch (error) {
    if (!(error instanceof TemplateError)) throw error;
    throw new AwsError("ValidationError", error.message);
  }
}

/** The template at an S3 URL with the bucket in the path or in the host name. */
function templateAt(address: string | undefined, { at }: Call): string {
  const { hostname, pathname } = new URL(address ?? "https://none/");
  const [bucket = "", ...key] = pathname.slice(1).split("/");
  const virtual = at.buckets.get(hostname.split(".")[0] ?? "")?.objects.get(pathname.slice(1));
  const body = (virtual ?? at.buckets.get(bucket)?.objects.get(key.join("/")))?.at(-1)?.body;
  if (!body) throw new AwsError("ValidationError", "S3 error: the template is not in the bucket.");
  return body.toString();
}

/** Throws if the bucket does not contain the function's code, as CloudFormation does. */
function checkCode({ Code }: Resource["properties"], { at }: Call): void {
  const code = codeModel.safeParse(Code);
  const there = code.success && at.buckets.get(code.data.S3Bucket)?.objects.has(code.data.S3Key);
  if (!there) throw new AwsError("ValidationError", "Error occurred while GetObject: the code is not in the bucket.");
}

export function stackId({ at: { partition, region, account } }: Call, name: string): string {
  return `arn:${partition}:cloudformation:${region}:${account}:stack/${name}/0ac3d1f2`;
}
