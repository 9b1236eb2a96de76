import { z } from "zod";
import type { AssumableRole, Condition, Permission, Role, Statement } from "./holdings.ts";
import { TemplateError } from "./intrinsics.ts";
import type { Resource } from "./template.ts";

/** A request that a service sends to IAM before it acts: is this action allowed on this resource? */
export interface Ask {
  action: string;
  /** An ARN, or "*" for an action without resource-level permissions. */
  resource: string;
  /** Values of condition keys. A missing key counts as absent from the request. */
  keys?: Readonly<Record<string, string>>;
}

/** The decision of the role's policies. Does not record usage, unlike `mayDo`. */
export function decide({ permissions }: Role, ask: Ask): "allowed" | "explicitDeny" | "implicitDeny" {
  const covering = permissions.filter((permission) => covers(permission, ask));
  if (!covering.every(isAllow)) return "explicitDeny";
  return covering.length > 0 ? "allowed" : "implicitDeny";
}

/**
 * Whether the role allows the request. If the answer depends on a single permission, adds the request to the
 * permission's `neededBy`. Adds a denied request to the role's `refused`.
 */
export function mayDo(role: Role, ask: Ask): boolean {
  const covering = role.permissions.filter((permission) => covers(permission, ask));
  const [allowing, denying] = [covering.filter(isAllow), covering.filter((permission) => !isAllow(permission))];
  const allowed = allowing.length > 0 && denying.length === 0;
  const [only, second] = denying.length > 0 ? denying : allowing;
  if (allowing.length > 0 && !second) only?.neededBy.add(`${ask.action} ${ask.resource}`);
  if (!allowed) role.refused.add(`${ask.action} ${ask.resource}`);
  return allowed;
}

const isAllow = ({ effect }: Permission) => effect === "Allow";

function covers({ action, resource, conditions }: Permission, ask: Ask): boolean {
  return (
    like(action.toLowerCase(), ask.action.toLowerCase()) &&
    like(resource, ask.resource) &&
    conditions.every((condition) => holds(condition, ask.keys?.[condition.key]))
  );
}

/** Wildcard match: `*` matches any characters, `?` matches one. */
function like(pattern: string, text: string): boolean {
  const source = pattern
    .replaceAll(/[^\w*?]/g, "\\$&")
    .replaceAll("*", ".*")
    .replaceAll("?", ".");
  return new RegExp(`^${source}$`, "s").test(text);
}

/**
 * Supported condition operators. `value` is undefined if the request lacks the key. Source: IAM User Guide, "IAM JSON
 * policy elements: Condition operators".
 */
const operators: Readonly<Record<string, (wanted: string, value: string | undefined) => boolean>> = {
  StringEquals: (wanted, value) => value === wanted,
  StringNotEquals: (wanted, value) => value !== wanted,
  StringLike: (wanted, value) => value !== undefined && like(wanted, value),
  Null: (wanted, value) => String(value === undefined) === wanted,
  Bool: (wanted, value) => value === wanted,
  ArnLike: (wanted, value) => value !== undefined && like(wanted, value),
  ArnEquals: (wanted, value) => value !== undefined && like(wanted, value),
  ArnNotEquals: (wanted, value) => value !== wanted,
};

function holds({ operator, values }: Condition, value: string | undefined): boolean {
  const isTrue = (wanted: string) => operators[operator]?.(wanted, value) ?? false;
  // A negated operator must hold for every value. Source: IAM User Guide, "Conditions with multiple keys or values".
  return operator.includes("Not") ? values.every(isTrue) : values.some(isTrue);
}

/**
 * Condition keys of each action. In AWS a condition with any other key is never true and causes no error. Here it makes
 * the deployment fail. Source: Service Authorization Reference, the pages of the services.
 */
const conditionKeys: Readonly<Record<string, RegExp>> = {
  "ssm:SendCommand": /^(ssm:resourceTag|aws:ResourceTag)\/.+$/,
  "securityhub:BatchImportFindings": /^securityhub:TargetAccount$/,
  "sqs:SendMessage": /^aws:Source(Arn|Account)$/,
  "s3:ListBucket": /^s3:(prefix|delimiter|max-keys)$/,
  "sts:AssumeRole": /^(aws:Source(Arn|Account)|aws:Principal(Arn|OrgID)|aws:ResourceOrgID|sts:ExternalId)$/,
};

/** Condition keys of every request. Source: IAM User Guide, "AWS global condition context keys". */
const keysOfEveryAction = new Set(["aws:RequestedRegion", "aws:PrincipalArn", "aws:SecureTransport"]);

const texts = z.preprocess((value) => (typeof value === "string" ? [value] : value), z.array(z.string()));
const statementModel = z.strictObject({
  Sid: z.string().optional(),
  Effect: z.enum(["Allow", "Deny"]),
  Principal: z.union([z.strictObject({ Service: z.string() }), z.strictObject({ AWS: texts })]).optional(),
  Action: texts,
  Resource: texts.default([]),
  Condition: z.record(z.string(), z.record(z.string(), texts)).default({}),
});
const policyModel = z.object({ Statement: z.array(statementModel) });

function conditionsOf({ Condition, Action }: Statement): Condition[] {
  return Object.entries(Condition).flatMap(([operator, tests]) => {
    if (!operators[operator]) throw new TemplateError(`local-aws does not support the condition operator ${operator}`);
    return Object.entries(tests).map(([key, values]) => {
      const unknown = Action.find((action) => !keysOfEveryAction.has(key) && !conditionKeys[action]?.test(key));
      if (unknown) throw new TemplateError(`local-aws does not support the condition key ${key} for ${unknown}`);
      return { operator, key, values };
    });
  });
}

const roleModel = z.object({
  AssumeRolePolicyDocument: policyModel,
  ManagedPolicyArns: z.array(z.string()).default([]),
  Policies: z.array(z.object({ PolicyDocument: policyModel })).default([]),
});
const attachedModel = z.object({ Roles: z.array(z.string()).default([]), PolicyDocument: policyModel });

/** Reads a role and its policies. Throws if `service`, acting for the ARN `source`, cannot assume the role. */
export function readRole(resources: readonly Resource[], arn: string, service: string, source?: string): Role {
  const { role, trust } = readTrusting(resources, arn);
  requireTrust(role.name, trust, service, source);
  return role;
}

/** Reads a role that other accounts can assume. */
export function readAssumableRole(resources: readonly Resource[], arn: string): AssumableRole {
  const [, partition = "", , , account = ""] = arn.split(":");
  return { ...readTrusting(resources, arn), partition, account };
}

function readTrusting(resources: readonly Resource[], arn: string): { role: Role; trust: readonly Statement[] } {
  const name = arn.slice(arn.lastIndexOf("/") + 1);
  const resource = resources.find((each) => each.type === "AWS::IAM::Role" && each.name === name);
  if (!resource) throw new TemplateError(`no role ${name}`);
  const { AssumeRolePolicyDocument, ManagedPolicyArns, Policies } = roleModel.parse(resource.properties);
  if (AssumeRolePolicyDocument.Statement.some(({ Effect }) => Effect === "Deny"))
    throw new TemplateError(`local-aws does not support Deny in a trust policy, found in the role ${name}`);
  if (ManagedPolicyArns.length > 0)
    throw new TemplateError(`local-aws does not contain the managed policy ${ManagedPolicyArns.join(", ")}`);
  const attached = resources
    .filter(({ type }) => type === "AWS::IAM::Policy" || type === "AWS::IAM::ManagedPolicy")
    .map(({ properties }) => attachedModel.parse(properties))
    .filter(({ Roles }) => Roles.includes(name));
  const statements = [...Policies, ...attached].flatMap(({ PolicyDocument }) => PolicyDocument.Statement);
  const permissions = statements.flatMap((statement, index) => permissionsOf(statement, name, index + 1));
  return { role: { name, permissions, refused: new Set() }, trust: AssumeRolePolicyDocument.Statement };
}

/** A role with `policy` as its only policy. */
export function roleWith(name: string, policy: unknown): Role {
  const { Statement } = policyModel.parse(policy);
  return { name, permissions: Statement.flatMap((each, at) => permissionsOf(each, name, at + 1)), refused: new Set() };
}

/** The permissions that a bucket policy denies to everybody. Throws on any other kind of statement. */
export function readBucketPolicy(policy: unknown): Permission[] {
  const { Statement } = policyModel.parse(policy);
  return Statement.flatMap(({ Principal, ...statement }, index) => {
    const isForAll = Principal !== undefined && "AWS" in Principal && Principal.AWS.includes("*");
    if (statement.Effect !== "Deny" || !isForAll)
      throw new TemplateError('local-aws supports only bucket policies with Effect "Deny" and Principal "*"');
    return permissionsOf(statement, "everybody", index + 1);
  });
}

/** Throws unless a queue's policy allows EventBridge to send messages, and requires `rule` as their source. */
export function requireRule(policy: unknown, rule: string): void {
  const { Statement } = policyModel.parse(policy);
  const isMeant = ({ Effect, Principal, Action }: Statement) =>
    Effect === "Allow" &&
    Principal !== undefined &&
    "Service" in Principal &&
    Principal.Service === "events.amazonaws.com" &&
    Action.includes("sqs:SendMessage");
  const allowing = Statement.filter(isMeant);
  const lets = (source: string | undefined) =>
    allowing.some((each) => conditionsOf(each).every((condition) => holds(condition, source)));
  if (!lets(rule) || lets(undefined))
    throw new TemplateError(`the queue's policy must allow EventBridge to send only for the rule ${rule}`);
}

/** Whether one of `denials` covers the request. */
export function isDenied(denials: readonly Permission[], ask: Ask): boolean {
  return denials.some((each) => covers(each, ask));
}

function permissionsOf(statement: Statement, role: string, number: number): Permission[] {
  const { Sid: sid = `statement ${number}`, Effect: effect, Action, Resource } = statement;
  const conditions = conditionsOf(statement);
  if (statement.Principal || Resource.length === 0) throw new TemplateError(`${role}: ${sid} has no resource`);
  return Action.flatMap((action) =>
    Resource.map((resource) => ({ role, sid, effect, action, resource, conditions, neededBy: new Set<string>() })),
  );
}

function requireTrust(role: string, trust: readonly Statement[], service: string, source?: string): void {
  const keys: Record<string, string> = source === undefined ? {} : { "aws:SourceArn": source };
  const isMeant = ({ Principal }: Statement) =>
    Principal !== undefined && "Service" in Principal && Principal.Service === service;
  if (!trust.some((statement) => isMeant(statement) && lets(statement, keys)))
    throw new TemplateError(`the role ${role} does not trust ${service}`);
}

/**
 * Whether `principal`, an ARN, can assume the role. The ARN of an account's root includes every principal of the
 * account.
 */
export function isTrusted(
  { trust }: AssumableRole,
  principal: string,
  keys: Readonly<Record<string, string>>,
): boolean {
  const root = principal.replace(/:(user|role)\/.*$/, ":root");
  const isMeant = ({ Principal }: Statement) =>
    Principal !== undefined && "AWS" in Principal && Principal.AWS.some((each) => each === principal || each === root);
  return trust.some((statement) => isMeant(statement) && lets(statement, keys));
}

function lets(statement: Statement, keys: Readonly<Record<string, string>>): boolean {
  return (
    statement.Effect === "Allow" &&
    statement.Action.includes("sts:AssumeRole") &&
    conditionsOf(statement).every((condition) => holds(condition, keys[condition.key]))
  );
}
