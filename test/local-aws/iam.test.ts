import { describe, expect, test } from "vitest";
import { type Ask, mayDo, readRole } from "../../local-aws/iam.ts";

interface Statement {
  Effect?: string;
  Action: string | string[];
  Resource: string | string[];
  Condition?: Record<string, Record<string, string | string[]>>;
}

const trust = (service: string, Condition = {}) => ({
  Statement: [{ Effect: "Allow", Action: "sts:AssumeRole", Principal: { Service: service }, Condition }],
});

/** A role that trusts Lambda, with one policy inside it. */
function role(...statements: Statement[]) {
  const Statement = statements.map((statement) => ({ Effect: "Allow", ...statement }));
  const properties = {
    AssumeRolePolicyDocument: trust("lambda.amazonaws.com"),
    Policies: [{ PolicyDocument: { Statement } }],
  };
  const resource = { logicalId: "Role", type: "AWS::IAM::Role", name: "auditor", properties };
  return readRole([resource], "arn:aws:iam::111122223333:role/auditor", "lambda.amazonaws.com");
}

const instance = (keys: Record<string, string> = {}): Ask => ({
  action: "ssm:SendCommand",
  resource: "arn:aws:ec2:us-east-1:111122223333:instance/i-1",
  keys,
});
const onInstances = { Action: "ssm:SendCommand", Resource: "arn:aws:ec2:us-east-1:111122223333:instance/*" };
const tagged = (operator: string, value: string) => ({
  ...onInstances,
  Condition: { [operator]: { "ssm:resourceTag/team": value } },
});

test.each<[string, Statement[], Ask, boolean]>([
  ["no statement", [], instance(), false],
  ["matching action and resource", [onInstances], instance(), true],
  ["another action", [{ ...onInstances, Action: "ssm:CancelCommand" }], instance(), false],
  ["another resource", [{ ...onInstances, Resource: "arn:aws:ec2:*:*:volume/*" }], instance(), false],
  ["only the beginning of the resource's ARN", [{ ...onInstances, Resource: "arn:aws:ec2" }], instance(), false],
  ["an action in other letter case", [{ ...onInstances, Action: "SSM:sendcommand" }], instance(), true],
  ["a wildcard in the action", [{ ...onInstances, Action: "ssm:Send*" }], instance(), true],
  ["one of several actions", [{ ...onInstances, Action: ["ssm:GetDocument", "ssm:SendCommand"] }], instance(), true],
  ["a question mark for one character", [{ ...onInstances, Resource: "arn:*:instance/i-?" }], instance(), true],
  ["a question mark for two characters", [{ ...onInstances, Resource: "arn:*:instance/i?1?" }], instance(), false],
  ["a dot, which is not a wildcard", [{ ...onInstances, Resource: "arn.aws.*" }], instance(), false],
  [
    "an ARN, for an action without resource-level permissions",
    [{ Action: "ssm:ListCommands", Resource: "arn:aws:ssm:*" }],
    { action: "ssm:ListCommands", resource: "*" },
    false,
  ],
  [
    "a Deny statement besides the Allow statement",
    [onInstances, { ...onInstances, Effect: "Deny" }],
    instance(),
    false,
  ],
  [
    "StringNotEquals with several values, one of which is equal",
    [{ ...onInstances, Condition: { StringNotEquals: { "ssm:resourceTag/team": ["a", "b"] } } }],
    instance({ "ssm:resourceTag/team": "b" }),
    false,
  ],
  [
    "StringNotEquals with several values, none of which is equal",
    [{ ...onInstances, Condition: { StringNotEquals: { "ssm:resourceTag/team": ["a", "b"] } } }],
    instance({ "ssm:resourceTag/team": "c" }),
    true,
  ],
  ["StringEquals, equal", [tagged("StringEquals", "a")], instance({ "ssm:resourceTag/team": "a" }), true],
  ["StringEquals, not equal", [tagged("StringEquals", "a*")], instance({ "ssm:resourceTag/team": "ab" }), false],
  ["StringEquals without a value", [tagged("StringEquals", "a")], instance(), false],
  ["StringLike, matching", [tagged("StringLike", "a*")], instance({ "ssm:resourceTag/team": "ab" }), true],
  ["StringLike, matching an empty value", [tagged("StringLike", "*")], instance({ "ssm:resourceTag/team": "" }), true],
  ["StringLike without a value", [tagged("StringLike", "*")], instance(), false],
  ["StringLike for another tag", [tagged("StringLike", "*")], instance({ "ssm:resourceTag/Team": "a" }), false],
  ["Null true without a value", [tagged("Null", "true")], instance(), true],
  ["Null false without a value", [tagged("Null", "false")], instance(), false],
])("a policy with %s is evaluated as in AWS", (_, statements, ask, allowed) => {
  expect(mayDo(role(...statements), ask)).toBe(allowed);
});

test("a permission records a request only if it alone allows the request", () => {
  const both = role(onInstances, tagged("StringLike", "*"));
  mayDo(both, instance({ "ssm:resourceTag/team": "a" }));
  expect(both.permissions.map(({ neededBy }) => neededBy.size)).toEqual([0, 0]);
  mayDo(both, instance());
  expect(both.permissions.map(({ neededBy }) => neededBy.size)).toEqual([1, 0]);
});

test("a role records denied requests", () => {
  const nothing = role();
  mayDo(nothing, instance());
  expect([...nothing.refused]).toEqual(["ssm:SendCommand arn:aws:ec2:us-east-1:111122223333:instance/i-1"]);
});

describe("an unsupported policy fails the deployment", () => {
  test.each<[string, Statement, string]>([
    ["a condition operator", tagged("NumericLessThan", "1"), "does not support the condition operator NumericLessThan"],
    [
      "a condition key that the action does not have",
      { Action: "ssm:ListCommands", Resource: "*", Condition: { StringLike: { "ssm:resourceTag/team": "*" } } },
      "does not support the condition key ssm:resourceTag/team for ssm:ListCommands",
    ],
    ["a statement with NotAction", Object.assign({ NotAction: "s3:*" }, onInstances), "NotAction"],
    ["a statement without a resource", { Action: "ssm:ListCommands", Resource: [] }, "has no resource"],
  ])("%s", (_, statement, message) => {
    expect(() => role(statement)).toThrow(message);
  });

  test("a managed policy of AWS, whose text the template does not contain", () => {
    const properties = { AssumeRolePolicyDocument: trust("lambda.amazonaws.com"), ManagedPolicyArns: ["arn:x"] };
    const resource = { logicalId: "Role", type: "AWS::IAM::Role", name: "auditor", properties };
    expect(() => readRole([resource], "auditor", "lambda.amazonaws.com")).toThrow(
      "does not contain the managed policy arn:x",
    );
  });
});

describe("the service that uses a role must be in its trust policy", () => {
  const group = "arn:aws:scheduler:us-east-1:111122223333:schedule-group/audit";
  const read = (Condition: object, service: string, source?: string) => {
    const properties = { AssumeRolePolicyDocument: trust("scheduler.amazonaws.com", Condition) };
    return readRole([{ logicalId: "R", type: "AWS::IAM::Role", name: "r", properties }], "r", service, source);
  };
  const ofGroup = { StringEquals: { "aws:SourceArn": group } };

  test("accepts the trusted service with the trusted source", () => {
    expect(read(ofGroup, "scheduler.amazonaws.com", group).name).toBe("r");
  });

  test.each([
    ["another service", {}, "lambda.amazonaws.com", undefined],
    ["the trusted service with another source", ofGroup, "scheduler.amazonaws.com", `${group}2`],
    ["the trusted service without a source", ofGroup, "scheduler.amazonaws.com", undefined],
  ])("rejects %s", (_, condition, service, source) => {
    expect(() => read(condition, service, source)).toThrow(`does not trust ${service}`);
  });
});
