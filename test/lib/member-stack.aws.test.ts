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
