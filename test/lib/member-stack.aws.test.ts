import { App } from "aws-cdk-lib";
import { Match, Template } from "aws-cdk-lib/assertions";
import { AwsSolutionsChecks } from "cdk-nag";
import { describe, expect, test } from "vitest";
import { MemberStack } from "../../lib/member-stack.ts";
import type { Settings } from "../../lib/settings.ts";
import { fleet, settings } from "./example-settings.ts";

function memberStack(change: Partial<Settings> = {}) {
  const app = new App({ analyticsReporting: false });
  return new MemberStack(app, "Member", { ...settings, ...change, fleet: { ...fleet, roleName: "auditor" } });
}

const template = Template.fromStack(memberStack());
const firstRegion = { "Fn::Equals": [{ Ref: "AWS::Region" }, { "Fn::Select": [0, { Ref: "Regions" }] }] };

test("the template can be deployed without a bucket and without a bootstrapped account", () => {
  expect(JSON.stringify(template.toJSON())).not.toMatch(/cdk-hnb659fds|BootstrapVersion|AssetParameters/);
});

describe("the events of instances", () => {
  const rulesOf = (stack: Template) => Object.values(stack.findResources("AWS::Events::Rule"));
  const roles = Object.entries(template.findResources("AWS::IAM::Role"));

  test("are forwarded in every Region by a rule for instances that start or end, and its only target is the hub's bus", () => {
    const [rule = expect.fail(), ...others] = rulesOf(template);
    expect([rule.Condition, others]).toEqual([undefined, []]);
    expect(rule.Properties.EventPattern).toEqual({
      source: ["aws.ec2"],
      "detail-type": ["EC2 Instance State-change Notification"],
      detail: { state: ["running", "shutting-down", "terminated"] },
    });
    const roleArn = ["arn:", { Ref: "AWS::Partition" }, ":iam::", { Ref: "AWS::AccountId" }, ":role/auditorEvents"];
    expect(rule.Properties.Targets).toEqual([
      { Id: "Hub", Arn: { Ref: "EventBus" }, RoleArn: { "Fn::Join": ["", roleArn] } },
    ]);
  });

  test("are sent with a role that only this rule can use, and only for the hub's bus", () => {
    const [, role = expect.fail()] = roles.find(([id]) => id.startsWith("EventsRole")) ?? [];
    expect(role.Properties.RoleName).toBe("auditorEvents");
    const [{ Name }] = rulesOf(template).map(({ Properties }) => Properties) as [{ Name: string }];
    expect(role.Properties.AssumeRolePolicyDocument.Statement).toMatchObject([
      {
        Principal: { Service: "events.amazonaws.com" },
        Condition: { ArnLike: { "aws:SourceArn": { "Fn::Join": ["", expect.arrayContaining([`:rule/${Name}`])] } } },
      },
    ]);
    template.hasResourceProperties("AWS::IAM::Policy", {
      PolicyDocument: { Statement: [Match.objectLike({ Action: "events:PutEvents", Resource: { Ref: "EventBus" } })] },
    });
  });

  test("need neither rule, role nor parameter if the setting events is false", () => {
    const without = Template.fromStack(memberStack({ events: false }));
    without.resourceCountIs("AWS::Events::Rule", 0);
    without.resourceCountIs("AWS::IAM::Role", 1);
    expect(JSON.stringify(without.toJSON())).not.toMatch(/EventBus|events:PutEvents/);
  });
});

describe("the role", () => {
  const selfManagedClusters = Array.from({ length: 100 }, (_, index) => `${index}`.padStart(100, "x"));
  const many = Template.fromStack(memberStack({ selfManagedClusters }));
  const policies = ["AWS::IAM::Policy", "AWS::IAM::ManagedPolicy"].flatMap((type) =>
    Object.values(many.findResources(type)),
  );

  test("is created once per account, in the first Region, with all its policies", () => {
    const conditions = template.findConditions("*");
    expect(Object.values(conditions)).toEqual([firstRegion]);
    const [condition] = Object.keys(conditions);
    template.allResources("AWS::IAM::Role", { Condition: condition });
    expect(policies.length).toBeGreaterThan(2);
    for (const policy of policies) expect(policy.Condition).toBe(condition);
  });

  test("trusts only the hub's roles, within the organization and with the external id", () => {
    template.hasResourceProperties("AWS::IAM::Role", {
      RoleName: "auditor",
      AssumeRolePolicyDocument: {
        Statement: [
          {
            Effect: "Allow",
            Action: "sts:AssumeRole",
            Principal: {
              AWS: {
                "Fn::Join": ["", ["arn:", { Ref: "AWS::Partition" }, ":iam::", { Ref: "HubAccount" }, ":root"]],
              },
            },
            Condition: {
              StringEquals: {
                "aws:PrincipalArn": { Ref: "HubRoles" },
                "aws:PrincipalOrgID": { Ref: "OrganizationId" },
                "sts:ExternalId": { Ref: "ExternalId" },
              },
            },
          },
        ],
      },
    });
  });

  test("has one statement that denies every action outside the audited Regions", () => {
    const statements: { Effect: string }[] = policies.flatMap(({ Properties }) => Properties.PolicyDocument.Statement);
    expect(statements.length).toBeGreaterThan(100);
    expect(statements.filter(({ Effect }) => Effect === "Deny")).toEqual([
      {
        Sid: "OnlyTheseRegions",
        Effect: "Deny",
        Action: "*",
        Resource: "*",
        Condition: { StringNotEquals: { "aws:RequestedRegion": { Ref: "Regions" } } },
      },
    ]);
  });
});

test("the document has one fixed name, which stays when its content changes", () => {
  template.hasResource("AWS::SSM::Document", {
    Condition: Match.absent(),
    Properties: { Name: "EksKubeletAuditor", UpdateMethod: "NewVersion" },
  });
});

test("cdk-nag's AWS Solutions checks find nothing", () => {
  expect(new AwsSolutionsChecks().validateScope(memberStack()).violations).toEqual([]);
});
