import { expect, test } from "vitest";
import { TemplateError } from "../../local-aws/intrinsics.ts";
import { resolveTemplate } from "../../local-aws/template.ts";

const place = {
  account: "111122223333",
  region: "us-gov-west-1",
  partition: "aws-us-gov",
  clusters: [],
  nodes: [],
  documents: new Map(),
  commands: new Map(),
  findings: new Map(),
  buckets: new Map(),
  queues: new Map(),
  buses: new Map(),
  stacks: new Map(),
  functions: new Map(),
  rules: [],
};

/** Resolves `property` in a template that also contains a queue, a role and two conditions. */
function resolved(property: unknown): unknown {
  const template = {
    Parameters: { BootstrapVersion: { Type: "String", Default: "/cdk-bootstrap/version" } },
    Conditions: {
      IsGov: { "Fn::Equals": [{ Ref: "AWS::Partition" }, "aws-us-gov"] },
      IsNotGov: { "Fn::Not": [{ Condition: "IsGov" }] },
    },
    Resources: {
      Role: { Type: "AWS::IAM::Role", Properties: { RoleName: "auditor" } },
      Queue: { Type: "AWS::SQS::Queue" },
      Never: { Type: "AWS::SQS::Queue", Condition: "IsNotGov" },
      Subject: { Type: "AWS::SSM::Document", Properties: { property } },
    },
  };
  const { resources } = resolveTemplate(template, "Stack", place);
  expect(resources.map(({ logicalId }) => logicalId)).toEqual(["Role", "Queue", "Subject"]);
  return resources.find(({ logicalId }) => logicalId === "Subject")?.properties.property;
}

/** An Fn::Sub. `text` uses <name> for the placeholder ${name}. */
function sub(text: string, variables?: object) {
  const template = text.replaceAll("<", "${").replaceAll(">", "}");
  return { "Fn::Sub": variables ? [template, variables] : template };
}

test.each<[string, unknown, unknown]>([
  ["Ref to a pseudo parameter", { Ref: "AWS::Region" }, "us-gov-west-1"],
  ["Ref to a parameter", { Ref: "BootstrapVersion" }, "/cdk-bootstrap/version"],
  ["Ref to a named resource", { Ref: "Role" }, "auditor"],
  ["GetAtt as a list", { "Fn::GetAtt": ["Role", "Arn"] }, "arn:aws-us-gov:iam::111122223333:role/auditor"],
  ["GetAtt as text", { "Fn::GetAtt": "Role.Arn" }, "arn:aws-us-gov:iam::111122223333:role/auditor"],
  ["Join", { "Fn::Join": [":", ["arn", { Ref: "AWS::Partition" }, "x"]] }, "arn:aws-us-gov:x"],
  ["Sub of a resource", sub("<AWS::AccountId>/<Role>"), "111122223333/auditor"],
  ["Sub of an attribute", sub("on <Role.Arn>"), "on arn:aws-us-gov:iam::111122223333:role/auditor"],
  ["Sub that keeps a literal", sub("<!kept>"), `$${"{kept}"}`],
  ["Sub with its own variables", sub("<a>-b", { a: { Ref: "AWS::Region" } }), "us-gov-west-1-b"],
  ["Select of Split", { "Fn::Select": [1, { "Fn::Split": ["-", "a-b-c"] }] }, "b"],
  ["If with a true condition", { "Fn::If": ["IsGov", "yes", "no"] }, "yes"],
  ["If with a false condition", { "Fn::If": ["IsNotGov", "yes", "no"] }, "no"],
  ["a property with AWS::NoValue", { a: 1, b: { Ref: "AWS::NoValue" } }, { a: 1 }],
  ["a list entry with AWS::NoValue", ["a", { "Fn::If": ["IsNotGov", "b", { Ref: "AWS::NoValue" }] }], ["a"]],
])("%s is resolved", (_, property, value) => {
  expect(resolved(property)).toEqual(value);
});

test.each([
  ["is violated", "us-east-1", /^Template constraint violated: Deploy to us-east-1\.$/],
  ["holds", "us-gov-west-1", undefined],
] as const)("a rule that %s", (_, region, message) => {
  const template = {
    Rules: {
      Region: {
        Assertions: [
          { Assert: { "Fn::Equals": [{ Ref: "AWS::Region" }, region] }, AssertDescription: `Deploy to ${region}.` },
          { Assert: { "Fn::Not": [{ "Fn::Contains": [["1", "2"], "3"] }] }, AssertDescription: "Never." },
        ],
      },
    },
    Resources: {},
  };
  const resolve = () => resolveTemplate(template, "Stack", place);
  if (message) expect(resolve).toThrow(message);
  else expect(resolve()).toEqual({ resources: [], outputs: {} });
});

test.each(["String", "CommaDelimitedList"])("a parameter of type %s must match its pattern", (Type) => {
  const template = { Parameters: { Names: { Type, AllowedPattern: "[a-z]+" } }, Resources: {} };
  expect(() => resolveTemplate(template, "Stack", place, { Names: "A" })).toThrow("'Names' must match pattern [a-z]+");
  expect(resolveTemplate(template, "Stack", place, { Names: "a" }).resources).toEqual([]);
});

test("a resource without a name always gets the same generated name", () => {
  expect(resolved({ Ref: "Queue" })).toMatch(/\/Stack-Queue-[0-9A-F]{12}$/);
  expect(resolved({ Ref: "Queue" })).toBe(resolved({ Ref: "Queue" }));
});

test.each<[string, unknown, string]>([
  ["an unknown function", { "Fn::Cidr": ["10.0.0.0/16", 2] }, "does not support the intrinsic function Fn::Cidr"],
  ["a missing resource", { Ref: "Missing" }, "no resource Missing"],
  [
    "an unsupported attribute",
    { "Fn::GetAtt": ["Queue", "QueueUrl"] },
    "does not support the attribute QueueUrl of Queue",
  ],
  ["a missing condition", { "Fn::If": ["Missing", 1, 2] }, "no condition Missing"],
  ["a list instead of a string", { "Fn::Join": [",", [["a"]]] }, "expected a string"],
])("%s throws a TemplateError", (_, property, message) => {
  expect(() => resolved(property)).toThrow(TemplateError);
  expect(() => resolved(property)).toThrow(message);
});
