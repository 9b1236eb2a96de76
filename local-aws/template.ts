import { createHash } from "node:crypto";
import { z } from "zod";
import type { AccountRegion } from "./world.ts";

const properties = z.record(z.string(), z.unknown());
const templateModel = z.object({
  Parameters: z.record(z.string(), z.object({ Default: z.string() })).default({}),
  Conditions: z.record(z.string(), z.unknown()).default({}),
  Resources: z.record(
    z.string(),
    z.object({ Type: z.string(), Properties: properties.default({}), Condition: z.string().optional() }),
  ),
  Outputs: z.record(z.string(), z.object({ Value: z.unknown() })).default({}),
});
type Template = z.output<typeof templateModel>;

export interface Resource {
  logicalId: string;
  type: string;
  /** What Ref gives for most types. */
  name: string;
  /** Without intrinsic functions. */
  properties: Record<string, unknown>;
}

/** A template that asks for more than this resolver knows. */
export class TemplateError extends Error {
  override readonly name = "TemplateError";
}

/** The resources that a stack of this template has in this account and Region. */
export function resolveTemplate(json: unknown, stack: string, place: AccountRegion): Resource[] {
  const template = templateModel.parse(json);
  const resolver = new Resolver(template, stack, place);
  const resources = Object.entries(template.Resources)
    .filter(([, { Condition }]) => Condition === undefined || resolver.condition({ Condition }))
    .map(([logicalId, { Type: type, Properties }]) => {
      const resolved = properties.parse(resolver.resolve(Properties));
      return { logicalId, type, name: resolver.nameOf(logicalId), properties: resolved };
    });
  resolver.resolve(template.Outputs);
  return resources;
}

/** Marks a property that is left out. */
const noValue = Symbol("AWS::NoValue");

/** Where a resource may be given its name. */
const nameProperties = ["FunctionName", "RoleName", "QueueName", "LogGroupName", "BucketName", "Name"];

/** The ARN that Fn::GetAtt gives, after `arn:partition:`. Source: CloudFormation resource reference, "Return values". */
const arns: Readonly<Record<string, (name: string, region: string, account: string) => string>> = {
  "AWS::Lambda::Function": (name, region, account) => `lambda:${region}:${account}:function:${name}`,
  "AWS::IAM::Role": (name, _, account) => `iam::${account}:role/${name}`,
  "AWS::SQS::Queue": (name, region, account) => `sqs:${region}:${account}:${name}`,
  "AWS::Logs::LogGroup": (name, region, account) => `logs:${region}:${account}:log-group:${name}:*`,
  "AWS::Scheduler::ScheduleGroup": (name, region, account) => `scheduler:${region}:${account}:schedule-group/${name}`,
  "AWS::S3::Bucket": (name) => `s3:::${name}`,
  "AWS::SNS::Topic": (name, region, account) => `sns:${region}:${account}:${name}`,
};

class Resolver {
  readonly #template: Template;
  readonly #stack: string;
  readonly #place: AccountRegion;
  constructor(template: Template, stack: string, place: AccountRegion) {
    this.#template = template;
    this.#stack = stack;
    this.#place = place;
  }

  resolve(value: unknown): unknown {
    if (Array.isArray(value)) return value.map((each) => this.resolve(each)).filter((each) => each !== noValue);
    if (typeof value !== "object" || value === null) return value;
    const entries = Object.entries(value);
    const [only] = entries;
    if (only && entries.length === 1 && (only[0] === "Ref" || only[0].startsWith("Fn::"))) return this.#call(...only);
    const resolved = entries.map(([key, child]) => [key, this.resolve(child)] as const);
    return Object.fromEntries(resolved.filter(([, child]) => child !== noValue));
  }

  #call(name: string, argument: unknown): unknown {
    switch (name) {
      case "Ref":
        return this.#ref(text(argument));
      case "Fn::GetAtt": {
        const [logicalId, attribute] = typeof argument === "string" ? argument.split(".") : list(argument).map(text);
        return this.#getAtt(text(logicalId), text(attribute));
      }
      case "Fn::Join": {
        const [separator, parts] = list(argument);
        return list(this.resolve(parts)).map(text).join(text(separator));
      }
      case "Fn::Sub":
        return this.#sub(argument);
      case "Fn::Select": {
        const [index, from] = list(argument);
        return list(this.resolve(from))[Number(index)];
      }
      case "Fn::Split": {
        const [separator, from] = list(argument);
        return text(this.resolve(from)).split(text(separator));
      }
      case "Fn::If": {
        const [condition, yes, no] = list(argument);
        return this.resolve(this.condition({ Condition: text(condition) }) ? yes : no);
      }
      default:
        throw new TemplateError(`local-aws does not know the intrinsic function ${name}`);
    }
  }

  condition(expression: unknown): boolean {
    const [entry] = Object.entries(z.record(z.string(), z.unknown()).parse(expression));
    const [name, argument] = entry ?? [];
    switch (name) {
      case "Condition": {
        const named = this.#template.Conditions[text(argument)];
        if (named === undefined) throw new TemplateError(`no condition ${argument}`);
        return this.condition(named);
      }
      case "Fn::Equals": {
        const [left, right] = list(this.resolve(argument));
        return left === right;
      }
      case "Fn::Not":
        return !list(argument).every((each) => this.condition(each));
      case "Fn::And":
        return list(argument).every((each) => this.condition(each));
      case "Fn::Or":
        return list(argument).some((each) => this.condition(each));
      default:
        throw new TemplateError(`local-aws does not know the condition function ${name}`);
    }
  }

  /** The given name, or one as CloudFormation makes them. */
  nameOf(logicalId: string): string {
    const resource = this.#template.Resources[logicalId];
    if (!resource) throw new TemplateError(`no resource ${logicalId}`);
    const given = nameProperties.map((property) => resource.Properties[property]).find((name) => name !== undefined);
    if (given !== undefined) return text(this.resolve(given));
    const suffix = createHash("sha256").update(`${this.#stack}/${logicalId}`).digest("hex").slice(0, 12).toUpperCase();
    const name = `${`${this.#stack}-${logicalId}`.slice(0, 50)}-${suffix}`;
    // Source: Amazon S3 User Guide, "General purpose bucket naming rules": lower case, at most 63 characters.
    return resource.Type === "AWS::S3::Bucket" ? name.toLowerCase() : name;
  }

  #ref(name: string): unknown {
    const { account, region, partition } = this.#place;
    switch (name) {
      case "AWS::AccountId":
        return account;
      case "AWS::Region":
        return region;
      case "AWS::Partition":
        return partition;
      case "AWS::URLSuffix":
        return partition === "aws-cn" ? "amazonaws.com.cn" : "amazonaws.com";
      case "AWS::StackName":
        return this.#stack;
      case "AWS::StackId":
        return `arn:${partition}:cloudformation:${region}:${account}:stack/${this.#stack}/0ac3d1f2-local-aws`;
      case "AWS::NoValue":
        return noValue;
      default:
        return this.#template.Parameters[name]?.Default ?? this.nameOf(name);
    }
  }

  #getAtt(logicalId: string, attribute: string): string {
    const type = this.#template.Resources[logicalId]?.Type;
    const arn = arns[type ?? ""];
    if (attribute !== "Arn" || !arn)
      throw new TemplateError(`local-aws does not know ${attribute} of ${logicalId} (${type})`);
    const { account, region, partition } = this.#place;
    return `arn:${partition}:${arn(this.nameOf(logicalId), region, account)}`;
  }

  #sub(argument: unknown): string {
    const [template, variables] = typeof argument === "string" ? [argument, {}] : list(argument);
    const own = z.record(z.string(), z.unknown()).parse(this.resolve(variables ?? {}));
    return text(template).replaceAll(/\$\{([^}]+)\}/g, (_, name: string) => {
      if (name.startsWith("!")) return `\${${name.slice(1)}}`;
      if (name in own) return text(own[name]);
      const [logicalId = "", attribute] = name.split(".");
      return attribute ? this.#getAtt(logicalId, attribute) : text(this.#ref(name));
    });
  }
}

function text(value: unknown): string {
  if (typeof value === "string" || typeof value === "number") return String(value);
  throw new TemplateError(`expected a string, found ${JSON.stringify(value)}`);
}

function list(value: unknown): unknown[] {
  if (Array.isArray(value)) return value;
  throw new TemplateError(`expected a list, found ${JSON.stringify(value)}`);
}
