import { createHash } from "node:crypto";
import { z } from "zod";
import type { AccountRegion } from "./holdings.ts";
import { intrinsics, noValue, type References, TemplateError, text } from "./intrinsics.ts";

const properties = z.record(z.string(), z.unknown());
const templateModel = z.object({
  Parameters: z
    .record(
      z.string(),
      z.object({
        Type: z.string(),
        Default: z.string().optional(),
        AllowedValues: z.array(z.string()).optional(),
        AllowedPattern: z.string().optional(),
      }),
    )
    .default({}),
  Conditions: z.record(z.string(), z.unknown()).default({}),
  Rules: z
    .record(
      z.string(),
      z.strictObject({ Assertions: z.array(z.object({ Assert: z.unknown(), AssertDescription: z.string() })) }),
    )
    .default({}),
  Mappings: z.record(z.string(), z.record(z.string(), z.record(z.string(), z.unknown()))).default({}),
  Resources: z.record(
    z.string(),
    z.object({ Type: z.string(), Properties: properties.default({}), Condition: z.string().optional() }),
  ),
  Outputs: z.record(z.string(), z.object({ Value: z.unknown(), Condition: z.string().optional() })).default({}),
});
type Template = z.output<typeof templateModel>;

export interface Resource {
  logicalId: string;
  type: string;
  /** Value of Ref for most resource types. */
  name: string;
  /** Properties with all intrinsic functions resolved. */
  properties: Record<string, unknown>;
}

/** Resolves a template for an account-Region. `values` are the template's parameters. */
export function resolveTemplate(
  json: unknown,
  stack: string,
  place: AccountRegion,
  values: Readonly<Record<string, string>> = {},
): { resources: Resource[]; outputs: Record<string, string> } {
  const template = templateModel.parse(json);
  const names = referencesOf(template, stack, place, parametersOf(template, values));
  const resolver = intrinsics(names, template.Conditions, template.Mappings);
  for (const { Assert, AssertDescription } of Object.values(template.Rules).flatMap(({ Assertions }) => Assertions))
    if (!resolver.condition(Assert)) throw new TemplateError(`Template constraint violated: ${AssertDescription}`);
  const exists = ([, { Condition }]: readonly [string, { Condition?: string | undefined }]) =>
    Condition === undefined || resolver.condition({ Condition });
  const resources = Object.entries(template.Resources)
    .filter(exists)
    .map(([logicalId, { Type: type, Properties }]) => {
      const resolved = properties.parse(resolver.resolve(Properties));
      return { logicalId, type, name: names.nameOf(logicalId), properties: resolved };
    });
  const outputs = Object.entries(template.Outputs)
    .filter(exists)
    .map(([name, { Value }]) => [name, text(resolver.resolve(Value))]);
  return { resources, outputs: Object.fromEntries(outputs) };
}

/** Value of Ref for each parameter. */
function parametersOf({ Parameters }: Template, values: Readonly<Record<string, string>>): Record<string, unknown> {
  const stranger = Object.keys(values).find((name) => !Object.hasOwn(Parameters, name));
  if (stranger) throw new TemplateError(`the template has no parameter ${stranger}`);
  const given = Object.entries(Parameters).map(([name, { Type, Default, AllowedValues, AllowedPattern }]) => {
    const value = values[name] ?? Default;
    const parts = Type === "CommaDelimitedList" ? value?.split(",") : [value];
    const pattern = AllowedPattern === undefined ? undefined : new RegExp(`^(?:${AllowedPattern})$`);
    if (pattern && parts?.some((part) => !pattern.test(part ?? "")))
      throw new TemplateError(`Parameter '${name}' must match pattern ${AllowedPattern}`);
    if (value !== undefined && AllowedValues?.includes(value) === false)
      throw new TemplateError(`Parameter '${name}' must be one of AllowedValues`);
    if (value === undefined) throw new TemplateError(`the parameter ${name} needs a value`);
    return [name, Type === "CommaDelimitedList" ? value.split(",") : value] as const;
  });
  return Object.fromEntries(given);
}

/** Properties that can contain the name of a resource. */
const nameProperties = [
  "FunctionName",
  "RoleName",
  "QueueName",
  "LogGroupName",
  "BucketName",
  "StateMachineName",
  "Name",
];

/** ARN returned by Fn::GetAtt, without `arn:partition:`. Source: CloudFormation resource reference, "Return values". */
const arns: Readonly<Record<string, (name: string, region: string, account: string) => string>> = {
  "AWS::Lambda::Function": (name, region, account) => `lambda:${region}:${account}:function:${name}`,
  "AWS::IAM::Role": (name, _, account) => `iam::${account}:role/${name}`,
  "AWS::SQS::Queue": (name, region, account) => `sqs:${region}:${account}:${name}`,
  "AWS::Events::Rule": (name, region, account) => `events:${region}:${account}:rule/${name}`,
  "AWS::Events::EventBus": (name, region, account) => `events:${region}:${account}:event-bus/${name}`,
  "AWS::Logs::LogGroup": (name, region, account) => `logs:${region}:${account}:log-group:${name}:*`,
  "AWS::Scheduler::ScheduleGroup": (name, region, account) => `scheduler:${region}:${account}:schedule-group/${name}`,
  "AWS::S3::Bucket": (name) => `s3:::${name}`,
  "AWS::CloudWatch::Alarm": (name, region, account) => `cloudwatch:${region}:${account}:alarm:${name}`,
  "AWS::StepFunctions::StateMachine": (name, region, account) => `states:${region}:${account}:stateMachine:${name}`,
  "AWS::SNS::Topic": (name, region, account) => `sns:${region}:${account}:${name}`,
};

/** Domains of the partitions that do not use amazonaws.com. Source: botocore, data/partitions.json. */
const urlSuffixes: Readonly<Record<string, string>> = { "aws-cn": "amazonaws.com.cn", "aws-eusc": "amazonaws.eu" };

/** Resolves Ref and Fn::GetAtt for resources, parameters and pseudo parameters. */
function referencesOf(
  template: Template,
  stack: string,
  { account, region, partition }: AccountRegion,
  parameters: Readonly<Record<string, unknown>>,
) {
  const pseudo: Readonly<Record<string, unknown>> = {
    "AWS::AccountId": account,
    "AWS::Region": region,
    "AWS::Partition": partition,
    "AWS::URLSuffix": urlSuffixes[partition] ?? "amazonaws.com",
    "AWS::StackName": stack,
    "AWS::StackId": `arn:${partition}:cloudformation:${region}:${account}:stack/${stack}/0ac3d1f2-local-aws`,
    "AWS::NoValue": noValue,
  };
  /** The name in the template, or a generated one in CloudFormation's format. */
  const nameOf = (logicalId: string): string => {
    const resource = template.Resources[logicalId];
    if (!resource) throw new TemplateError(`no resource ${logicalId}`);
    const given = nameProperties.map((property) => resource.Properties[property]).find((name) => name !== undefined);
    if (given !== undefined) return text(intrinsics(references, template.Conditions, template.Mappings).resolve(given));
    const suffix = createHash("sha256").update(`${stack}/${logicalId}`).digest("hex").slice(0, 12).toUpperCase();
    const name = `${`${stack}-${logicalId}`.slice(0, 50)}-${suffix}`;
    // Bucket names are lower case, at most 63 characters. Source: Amazon S3 User Guide, "General purpose bucket naming
    // rules".
    return resource.Type === "AWS::S3::Bucket" ? name.toLowerCase() : name;
  };
  /** URL of a queue, which Ref returns. Source: CloudFormation resource reference, AWS::SQS::Queue. */
  const queueUrlOf = (logicalId: string): string | undefined =>
    template.Resources[logicalId]?.Type === "AWS::SQS::Queue"
      ? `https://sqs.${region}.${pseudo["AWS::URLSuffix"]}/${account}/${nameOf(logicalId)}`
      : undefined;
  const references: References & { nameOf: typeof nameOf } = {
    nameOf,
    ref: (name) => pseudo[name] ?? parameters[name] ?? queueUrlOf(name) ?? nameOf(name),
    getAtt(logicalId, attribute) {
      const type = template.Resources[logicalId]?.Type;
      const arn = arns[type ?? ""];
      // Source: CloudFormation resource reference, AWS::Events::Rule: the ARN contains a bus that is not the default
      // one.
      const bus = type === "AWS::Events::Rule" ? template.Resources[logicalId]?.Properties.EventBusName : undefined;
      const path = bus === undefined ? "" : `${text(intrinsics(references, template.Conditions).resolve(bus))}/`;
      if (attribute === "Arn" && arn) return `arn:${partition}:${arn(`${path}${nameOf(logicalId)}`, region, account)}`;
      if (attribute === "QueueName" && type === "AWS::SQS::Queue") return nameOf(logicalId);
      if (attribute === "Name" && type === "AWS::StepFunctions::StateMachine") return nameOf(logicalId);
      throw new TemplateError(`local-aws does not support the attribute ${attribute} of ${logicalId} (${type})`);
    },
  };
  return references;
}
