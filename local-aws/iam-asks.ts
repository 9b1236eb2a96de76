import { z } from "zod";
import { AwsError } from "./errors.ts";
import type { AccountRegion, Bucket } from "./holdings.ts";
import { type Ask, isDenied, mayDo } from "./iam.ts";
import type { EmbeddedNode } from "./initial-region.ts";
import type { Call } from "./operation.ts";
import { accountsBelow, type Organization } from "./organization.ts";
import type { Service } from "./service.ts";
import { queueArn } from "./sqs.ts";

/** An IAM request without its action. */
type Question = Omit<Ask, "action">;
type Asking = (input: unknown, call: Call) => Question[];

/**
 * The IAM requests of each operation: one or more resources, each with its condition keys. The action has the
 * operation's name, except those in `otherNames`. Source: Service Authorization Reference, the pages of the services.
 */
const asks: Readonly<Record<string, Asking>> = {
  // Only people's roles call these. Their policies are not part of this project, so the resources are not modelled.
  "cloudformation:DescribeStacks": everything,
  "cloudformation:ListStackResources": everything,
  "iam:SimulatePrincipalPolicy": everything,
  "lambda:GetFunctionConfiguration": everything,
  "lambda:ListEventSourceMappings": everything,
  "lambda:Invoke": everything,
  "scheduler:GetSchedule": everything,
  "ec2:DescribeInstances": everything,
  "eks:ListClusters": everything,
  "eks:DescribeCluster": named(z.object({ name: z.string() }), ({ name }) => `eks:cluster/${name}`),
  "eks:ListNodegroups": named(z.object({ clusterName: z.string() }), ({ clusterName }) => `eks:cluster/${clusterName}`),
  "eks:ListFargateProfiles": named(
    z.object({ clusterName: z.string() }),
    ({ clusterName }) => `eks:cluster/${clusterName}`,
  ),
  "eks:DescribeNodegroup": named(
    z.object({ clusterName: z.string(), nodegroupName: z.string() }),
    ({ clusterName, nodegroupName }) => `eks:nodegroup/${clusterName}/${nodegroupName}/0ac3d1f2`,
  ),
  "ssm:DescribeInstanceInformation": everything,
  "ssm:DescribeInstanceProperties": everything,
  "ssm:ListCommands": everything,
  "ssm:ListCommandInvocations": everything,
  "ssm:GetCommandInvocation": everything,
  "ssm:ListDocuments": everything,
  "ssm:CreateDocument": document,
  "ssm:DeleteDocument": document,
  "ssm:DescribeDocument": document,
  "ssm:GetDocument": document,
  "ssm:SendCommand": sendCommand,
  "securityhub:BatchImportFindings": importFindings,
  "securityhub:GetFindings": hub,
  "securityhub:DescribeHub": hub,
  "s3:CreateBucket": object,
  "s3:GetObject": object,
  "s3:HeadObject": object,
  "s3:PutObject": object,
  "s3:DeleteObject": object,
  "s3:ListObjectsV2": (input, { at }) =>
    parsed(s3Input, input, ({ bucket, query }) => ({
      resource: `arn:${at.partition}:s3:::${bucket}`,
      keys: query.prefix === undefined ? {} : { "s3:prefix": query.prefix },
    })),
  "sqs:ChangeMessageVisibilityBatch": (input, { at }) =>
    parsed(z.object({ QueueUrl: z.string() }), input, ({ QueueUrl }) => ({ resource: queueArn(at, QueueUrl) })),
  "organizations:ListAccountsForParent": organizationalUnit,
  "organizations:ListOrganizationalUnitsForParent": organizationalUnit,
  "sts:AssumeRole": (input, { world: { organization } }) =>
    parsed(z.object({ RoleArn: z.string() }), input, ({ RoleArn }) => ({
      resource: RoleArn,
      keys: organizationKeys(organization, RoleArn.split(":")[4]),
    })),
  // Needs no permission. Source: AWS STS API Reference, GetCallerIdentity.
  "sts:GetCallerIdentity": () => [],
};

const otherNames: Readonly<Record<string, string>> = {
  "lambda:Invoke": "lambda:InvokeFunction",
  "s3:HeadObject": "s3:GetObject",
  "sqs:ChangeMessageVisibilityBatch": "sqs:ChangeMessageVisibility",
  "s3:ListObjectsV2": "s3:ListBucket",
};

/**
 * Throws the service's AccessDenied error if the caller's role does not allow the request or a bucket policy denies it.
 * A caller without a role is an administrator; only a bucket policy restricts it.
 */
export function authorize(service: Service, operation: string, input: unknown, call: Call): void {
  const { role, arn } = call.caller;
  const name = `${service.name}:${operation}`;
  const asking = asks[name];
  if (!asking && role) throw new Error(`local-aws has no IAM requests for ${name}. Add them to iam-asks.ts.`);
  for (const question of asking?.(input, call) ?? []) {
    const action = otherNames[name] ?? name;
    const ask = { ...question, action, keys: { ...question.keys, ...keysOfRequest(call) } };
    const denials = bucketOf(ask.resource, call)?.denials ?? [];
    if (isDenied(denials, ask)) throw denial(service, arn, action, ask.resource, "resource");
    if (role && !mayDo(role, ask)) throw denial(service, arn, action, namedIn(ask.resource, call));
  }
  // Without s3:ListBucket, S3 returns AccessDenied for a missing object. Source: Amazon S3 API Reference, GetObject.
  if (name === "s3:GetObject" || name === "s3:HeadObject") mayLearnThatMissing(service, input, call);
}

/** Condition keys of every request. The embedded AWS speaks plain HTTP, but reports aws:SecureTransport as true. */
function keysOfRequest({ at, caller: { arn } }: Call): Record<string, string> {
  const [, account, name] = /^arn:[\w-]+:sts::(\d{12}):assumed-role\/([^/]+)\//.exec(arn) ?? [];
  const principal = name === undefined ? arn : `arn:${at.partition}:iam::${account}:role/${name}`;
  return { "aws:RequestedRegion": at.region, "aws:PrincipalArn": principal, "aws:SecureTransport": "true" };
}

function bucketOf(arn: string, { at }: Call): Bucket | undefined {
  const [, name = ""] = /^arn:[\w-]+:s3:::([^/]+)/.exec(arn) ?? [];
  return at.buckets.get(name);
}

function everything(): Question[] {
  return [{ resource: "*" }];
}

/** Returns no IAM request for invalid input, because the operation itself rejects such input. */
function parsed<Input>(
  model: z.ZodType<Input>,
  input: unknown,
  ask: (input: Input) => Question | Question[],
): Question[] {
  const { success, data } = model.safeParse(input);
  return success ? [ask(data)].flat() : [];
}

/** The ARN of "service:resource" in the account-Region of the call. */
function arnOf({ partition, region, account }: AccountRegion, resource: string): string {
  const [service, ...rest] = resource.split(":");
  return `arn:${partition}:${service}:${region}:${account}:${rest.join(":")}`;
}

function named<Input>(model: z.ZodType<Input>, resourceOf: (input: Input) => string): Asking {
  return (input, { at }) => parsed(model, input, (value) => ({ resource: arnOf(at, resourceOf(value)) }));
}

function hub(_: unknown, { at }: Call): Question[] {
  return [{ resource: arnOf(at, "securityhub:hub/default") }];
}

/** Documents owned by Amazon (AWS-…) have no account in their ARN. */
function documentArn(at: AccountRegion, name: string): string {
  if (name.startsWith("arn:")) return name;
  return arnOf(name.startsWith("AWS-") ? { ...at, account: "" } : at, `ssm:document/${name}`);
}

function document(input: unknown, { at }: Call): Question[] {
  return parsed(z.object({ Name: z.string() }), input, ({ Name }) => ({ resource: documentArn(at, Name) }));
}

const sendInput = z.object({ DocumentName: z.string(), InstanceIds: z.array(z.string()).min(1) });

/**
 * The document and every instance. If one of them is not allowed, AWS denies the whole command.
 * Source: AWS Systems Manager User Guide, "Setting up Run Command".
 */
function sendCommand(input: unknown, { at }: Call): Question[] {
  return parsed(sendInput, input, ({ DocumentName, InstanceIds }) => [
    { resource: documentArn(at, DocumentName) },
    ...InstanceIds.map((id) => ({
      resource: arnOf(at, id.startsWith("mi-") ? `ssm:managed-instance/${id}` : `ec2:instance/${id}`),
      keys: tagKeys(at.nodes.find((node) => node.id === id)),
    })),
  ]);
}

function tagKeys(node: EmbeddedNode | undefined): Record<string, string> {
  const tags = Object.entries(node?.tags ?? {});
  return Object.fromEntries(
    tags.flatMap(([key, value]) => [
      [`ssm:resourceTag/${key}`, value],
      [`aws:ResourceTag/${key}`, value],
    ]),
  );
}

const importInput = z.object({ Findings: z.array(z.object({ ProductArn: z.string(), AwsAccountId: z.string() })) });

/** One IAM request for each pair of product and account among the findings. */
function importFindings(input: unknown): Question[] {
  return parsed(importInput, input, ({ Findings }) => {
    const pairs = new Map(Findings.map((each) => [`${each.ProductArn} ${each.AwsAccountId}`, each]));
    return [...pairs.values()].map(({ ProductArn, AwsAccountId }) => ({
      resource: ProductArn,
      keys: { "securityhub:TargetAccount": AwsAccountId },
    }));
  });
}

/** The ARN of an organizational unit contains the management account, not the caller's account. */
function organizationalUnit(input: unknown, { at, world: { organization } }: Call): Question[] {
  return parsed(z.object({ ParentId: z.string() }), input, ({ ParentId }) => {
    const kind = ParentId.startsWith("r-") ? "root" : "ou";
    const owner = `arn:${at.partition}:organizations::${organization?.managementAccount ?? at.account}`;
    return { resource: `${owner}:${kind}/${organization?.id ?? "o-none"}/${ParentId}` };
  });
}

/** Condition keys for a resource of `account`. */
function organizationKeys(organization: Organization | undefined, account: string | undefined): Record<string, string> {
  const belongs = organization && accountsBelow(organization.root).some(({ id }) => id === account);
  return belongs ? { "aws:ResourceOrgID": organization.id } : {};
}

const s3Input = z.object({ bucket: z.string(), key: z.string(), query: z.record(z.string(), z.string()) });

function object(input: unknown, { at }: Call): Question[] {
  return parsed(s3Input, input, ({ bucket, key }) => ({ resource: `arn:${at.partition}:s3:::${bucket}/${key}` }));
}

function mayLearnThatMissing(service: Service, input: unknown, { at, caller: { role, arn } }: Call): void {
  const { success, data } = s3Input.safeParse(input);
  if (!success || !role || at.buckets.get(data.bucket)?.objects.get(data.key)?.length) return;
  const resource = `arn:${at.partition}:s3:::${data.bucket}`;
  if (!mayDo(role, { action: "s3:ListBucket", resource })) throw denial(service, arn, "s3:ListBucket", resource);
}

/** The resource in the message of a denial: the ARN, or "*" if the message omits the instance (see unsettled.ts). */
function namedIn(resource: string, { world }: Call): string {
  return world.unsettled.deniedInstances === "not named" && resource.includes("instance/") ? "*" : resource;
}

/** Builds the AccessDenied error with the service's own code and wording. */
function denial(
  { protocol: { kind } }: Service,
  user: string,
  action: string,
  resource: string,
  deniedBy?: "resource",
): AwsError {
  const because = deniedBy
    ? `with an explicit deny in a ${deniedBy}-based policy`
    : `because no identity-based policy allows the ${action} action`;
  switch (kind) {
    case "ec2": {
      const who = `User: ${user} is not authorized to perform: ${action} ${because}`;
      return new AwsError("UnauthorizedOperation", `You are not authorized to perform this operation. ${who}`, 403);
    }
    case "rest-xml":
      return new AwsError("AccessDenied", sentence(`"${resource}"`), 403);
    case "query":
      return new AwsError("AccessDenied", sentence(resource), 403);
    default:
      return new AwsError("AccessDeniedException", sentence(resource), kind === "json" ? 400 : 403);
  }
  function sentence(on: string): string {
    return `User: ${user} is not authorized to perform: ${action} on resource: ${on} ${because}`;
  }
}
