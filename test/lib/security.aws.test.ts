import { App, type Stack } from "aws-cdk-lib";
import { Template } from "aws-cdk-lib/assertions";
import { AnyPrincipal, PolicyStatement, User } from "aws-cdk-lib/aws-iam";
import { Code, Function as Lambda, Runtime } from "aws-cdk-lib/aws-lambda";
import { LogGroup, RetentionDays } from "aws-cdk-lib/aws-logs";
import { Bucket } from "aws-cdk-lib/aws-s3";
import { Queue } from "aws-cdk-lib/aws-sqs";
import { expect, test } from "vitest";
import { MemberStack } from "../../lib/member-stack.ts";
import { defaults, fleet, settings } from "./example-settings.ts";
import { fleetStackWith, stackWith } from "./stack-with.ts";

interface Resource {
  Type: string;
  Properties?: Record<string, unknown>;
}

/** What would have to be told to whoever lets the stack into an account: one sentence each, with the resource's name. */
function dangersOf(stack: Stack): string[] {
  const resources = Object.entries<Resource>(Template.fromStack(stack).toJSON().Resources);
  const policies = resources.filter(([, { Type }]) => Type.endsWith("Policy")).map(([, policy]) => policy);
  return resources.flatMap(([id, { Type, Properties = {} }]) => {
    const found = isDangerous[Type]?.(Properties, policiesOn(id, policies)) ?? [];
    return [...found, ...(isOpen(Properties) ? ["is open to everybody"] : [])].map((danger) => `${id} ${danger}`);
  });
}

/** The text of the policies on a resource. */
function policiesOn(id: string, policies: readonly Resource[]): string {
  return JSON.stringify(policies.filter((policy) => JSON.stringify(policy).includes(`"${id}"`)));
}

type Look = (properties: Record<string, unknown>, policies: string) => string[];

const says = (danger: string, isTrue: boolean): string[] => (isTrue ? [danger] : []);
const isPlain = (policies: string) => !/"Bool":\{"aws:SecureTransport":"false"\}[^}]*\},"Effect":"Deny"/.test(policies);

const isDangerous: Readonly<Record<string, Look>> = {
  "AWS::S3::Bucket": ({ BucketEncryption, PublicAccessBlockConfiguration }, policies) => [
    ...says("is not encrypted by a setting of ours", !BucketEncryption),
    ...says("may become public", !/^(?!.*false).*Restrict/.test(JSON.stringify(PublicAccessBlockConfiguration ?? ""))),
    ...says("is spoken to without TLS", isPlain(policies)),
  ],
  "AWS::SQS::Queue": ({ SqsManagedSseEnabled, KmsMasterKeyId }, policies) => [
    ...says("is not encrypted by a setting of ours", SqsManagedSseEnabled !== true && !KmsMasterKeyId),
    ...says("is spoken to without TLS", isPlain(policies)),
  ],
  "AWS::SNS::Topic": (_, policies) => says("is spoken to without TLS", isPlain(policies)),
  "AWS::Logs::LogGroup": ({ RetentionInDays }) => says("is kept for ever", typeof RetentionInDays !== "number"),
  "AWS::Lambda::Function": ({ Environment, LoggingConfig }) => [
    ...says("may have a secret in its environment", /secret|passw|token|[^_]key|\{\{resolve/i.test(text(Environment))),
    ...says("logs where nothing ends", !/"LogGroup":\{"Ref"/.test(text(LoggingConfig))),
  ],
  "AWS::Lambda::Url": () => ["can be called from outside"],
  "AWS::Lambda::Permission": () => ["lets others call the function"],
  "AWS::IAM::User": () => ["has credentials that last"],
  "AWS::IAM::AccessKey": () => ["has credentials that last"],
};

const text = (value: unknown) => JSON.stringify(value ?? "");

/** Whether a statement allows something to a principal that nobody has named. */
function isOpen(properties: Record<string, unknown>): boolean {
  const { PolicyDocument, AssumeRolePolicyDocument } = properties;
  const statements = [PolicyDocument, AssumeRolePolicyDocument].flatMap((document) => Object(document).Statement ?? []);
  return statements.some(({ Effect, Principal }) => Effect === "Allow" && /"\*"/.test(text(Principal)));
}

test.each([
  ["the stack with all settings", () => stackWith(settings)],
  ["the stack with none", () => stackWith(defaults)],
  ["the hub of a fleet", () => fleetStackWith()],
  ["a member of it", () => new MemberStack(new App({ analyticsReporting: false }), "Member", { ...settings, fleet })],
])("%s: nothing is unencrypted, spoken to without TLS, kept for ever, secret in an environment or open", (_, stack) => {
  expect(dangersOf(stack())).toEqual([]);
});

test("what a careless hand adds is found", () => {
  const stack = stackWith(defaults);
  const bucket = new Bucket(stack, "Bucket", { publicReadAccess: false });
  bucket.addToResourcePolicy(
    new PolicyStatement({ principals: [new AnyPrincipal()], actions: ["s3:GetObject"], resources: ["*"] }),
  );
  new Queue(stack, "Queue");
  new LogGroup(stack, "Log", { retention: RetentionDays.INFINITE });
  new User(stack, "User");
  const lambda = new Lambda(stack, "Lambda", {
    runtime: Runtime.NODEJS_24_X,
    handler: "index.handler",
    code: Code.fromInline("exports.handler = () => 1"),
    environment: { API_TOKEN: "hunter2" },
  });
  lambda.addFunctionUrl();
  lambda.addPermission("Anybody", { principal: new AnyPrincipal() });
  expect(dangersOf(stack).map((danger) => danger.replace(/[\dA-F]{8} /, " "))).toEqual([
    "Bucket is not encrypted by a setting of ours",
    "Bucket may become public",
    "Bucket is spoken to without TLS",
    "BucketPolicy is open to everybody",
    "Queue is not encrypted by a setting of ours",
    "Queue is spoken to without TLS",
    "Log is kept for ever",
    "User has credentials that last",
    "Lambda may have a secret in its environment",
    "Lambda logs where nothing ends",
    "LambdaFunctionUrl can be called from outside",
    "LambdaAnybody lets others call the function",
  ]);
});
