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

/** Security problems of a stack's resources, each as "RESOURCE PROBLEM". */
function dangersOf(stack: Stack): string[] {
  const resources = Object.entries<Resource>(Template.fromStack(stack).toJSON().Resources);
  const policies = resources.filter(([, { Type }]) => Type.endsWith("Policy")).map(([, policy]) => policy);
  return resources.flatMap(([id, { Type, Properties = {} }]) => {
    const found = isDangerous[Type]?.(Properties, policiesOn(id, policies)) ?? [];
    return [...found, ...(isOpen(Properties) ? ["is open to everybody"] : [])].map((danger) => `${id} ${danger}`);
  });
}

/** The policies that refer to a resource, as text. */
function policiesOn(id: string, policies: readonly Resource[]): string {
  return JSON.stringify(policies.filter((policy) => JSON.stringify(policy).includes(`"${id}"`)));
}

type Look = (properties: Record<string, unknown>, policies: string) => string[];

const when = (isTrue: boolean, danger: string): string[] => (isTrue ? [danger] : []);
const allowsPlainHttp = (policies: string) =>
  !/"Bool":\{"aws:SecureTransport":"false"\}[^}]*\},"Effect":"Deny"/.test(policies);

const isDangerous: Readonly<Record<string, Look>> = {
  "AWS::S3::Bucket": ({ BucketEncryption, PublicAccessBlockConfiguration }, policies) => [
    ...when(!BucketEncryption, "has no encryption setting"),
    ...when(!/^(?!.*false).*Restrict/.test(JSON.stringify(PublicAccessBlockConfiguration ?? "")), "can become public"),
    ...when(allowsPlainHttp(policies), "allows requests without TLS"),
  ],
  "AWS::SQS::Queue": ({ SqsManagedSseEnabled, KmsMasterKeyId }, policies) => [
    ...when(SqsManagedSseEnabled !== true && !KmsMasterKeyId, "has no encryption setting"),
    ...when(allowsPlainHttp(policies), "allows requests without TLS"),
  ],
  "AWS::SNS::Topic": (_, policies) => when(allowsPlainHttp(policies), "allows requests without TLS"),
  "AWS::Logs::LogGroup": ({ RetentionInDays }) => when(typeof RetentionInDays !== "number", "has no retention period"),
  "AWS::Lambda::Function": ({ Environment, LoggingConfig }) => [
    ...when(/secret|passw|token|[^_]key|\{\{resolve/i.test(text(Environment)), "can have a secret in its environment"),
    ...when(!/"LogGroup":\{"Ref"/.test(text(LoggingConfig)), "has no log group in the stack"),
  ],
  "AWS::Lambda::Url": () => ["has a public URL"],
  "AWS::Lambda::Permission": () => ["allows others to invoke the function"],
  "AWS::IAM::User": () => ["has permanent credentials"],
  "AWS::IAM::AccessKey": () => ["has permanent credentials"],
};

const text = (value: unknown) => JSON.stringify(value ?? "");

/** Whether a statement allows something to the principal "*". */
function isOpen(properties: Record<string, unknown>): boolean {
  const { PolicyDocument, AssumeRolePolicyDocument } = properties;
  const statements = [PolicyDocument, AssumeRolePolicyDocument].flatMap((document) => Object(document).Statement ?? []);
  return statements.some(({ Effect, Principal }) => Effect === "Allow" && /"\*"/.test(text(Principal)));
}

test.each([
  ["the stack with all settings", () => stackWith(settings)],
  ["the stack without settings", () => stackWith(defaults)],
  ["the hub", () => fleetStackWith()],
  ["a member", () => new MemberStack(new App({ analyticsReporting: false }), "Member", { ...settings, fleet })],
])("%s has encryption, TLS, retention periods, no secrets in environments and no public access", (_, stack) => {
  expect(dangersOf(stack())).toEqual([]);
});

test("the check finds insecure resources", () => {
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
    "Bucket has no encryption setting",
    "Bucket can become public",
    "Bucket allows requests without TLS",
    "BucketPolicy is open to everybody",
    "Queue has no encryption setting",
    "Queue allows requests without TLS",
    "Log has no retention period",
    "User has permanent credentials",
    "Lambda can have a secret in its environment",
    "Lambda has no log group in the stack",
    "LambdaFunctionUrl has a public URL",
    "LambdaAnybody allows others to invoke the function",
  ]);
});
