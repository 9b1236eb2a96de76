import { App, type Stack } from "aws-cdk-lib";
import { Template } from "aws-cdk-lib/assertions";
import { describe, expect, test } from "vitest";
import { MemberStack } from "../../lib/member-stack.ts";
import { type OrganizationSettings, readSettings, type Settings, SettingsError } from "../../lib/settings.ts";
import { startLocalAws } from "../../local-aws/server.ts";
import { resolveTemplate } from "../../local-aws/template.ts";
import { settings } from "./example-settings.ts";
import { fleetStackWith, stackWith } from "./stack-with.ts";

/**
 * Maximum characters without white space, and number of managed policies. Source: IAM User Guide, "IAM and AWS STS
 * quotas".
 */
const limits = { inlinePoliciesOfRole: 10_240, managedPolicy: 6_144, managedPoliciesOfRole: 10, trustPolicy: 2_048 };

const regions = Array.from(
  { length: 50 },
  (_, index) => `us-gov-north${String.fromCharCode(97 + (index % 25), 97 + index / 25)}-1`,
);
const alarmTopicArn = `arn:aws-us-gov:sns:${regions[0]}:999999999999:on-call`;
const names = (count: number) => Array.from({ length: count }, (_, index) => `${index}`.padStart(100, "x"));

/** Sizes of the policies of every role, in a deployment with long names. */
async function sizesOf(stack: Stack, parameters: Record<string, string> = {}) {
  const aws = await startLocalAws();
  const at = aws.at("999999999999", regions[0] ?? "");
  await aws.close();
  const { resources } = resolveTemplate(
    Template.fromStack(stack).toJSON(),
    "EksKubeletAuditorWithALongName",
    at,
    parameters,
  );
  const size = (policy: unknown) => JSON.stringify(policy).length;
  return resources
    .filter(({ type }) => type === "AWS::IAM::Role")
    .map(({ name, properties }) => {
      const of = (type: string) =>
        resources.flatMap((each) =>
          each.type === type && (each.properties as { Roles?: string[] }).Roles?.includes(name)
            ? [size((each.properties as { PolicyDocument: unknown }).PolicyDocument)]
            : [],
        );
      return {
        name,
        inline: of("AWS::IAM::Policy").reduce((sum, each) => sum + each, 0),
        managed: of("AWS::IAM::ManagedPolicy"),
        trust: size((properties as { AssumeRolePolicyDocument: unknown }).AssumeRolePolicyDocument),
      };
    });
}

async function expectToFit(stack: Stack, parameters?: Record<string, string>): Promise<void> {
  const roles = await sizesOf(stack, parameters);
  expect(roles.length).toBeGreaterThan(0);
  for (const { name, inline, managed, trust } of roles) {
    expect(inline, name).toBeLessThanOrEqual(limits.inlinePoliciesOfRole);
    expect(Math.max(0, ...managed), name).toBeLessThanOrEqual(limits.managedPolicy);
    expect(managed.length, name).toBeLessThanOrEqual(limits.managedPoliciesOfRole);
    expect(trust, name).toBeLessThanOrEqual(limits.trustPolicy);
  }
}

const largest = (clusters: number): Settings => ({
  ...settings,
  alarmTopicArn,
  hybrid: true,
  selfManagedClusters: names(clusters),
});

describe("the policies of every role fit IAM's limits, with hybrid nodes and cluster names of 100 characters", () => {
  test.each([0, 12, 25, 40, 60, 100])("in a member with %d clusters and 50 Regions", async (clusters) => {
    const fleet: OrganizationSettings["fleet"] = {
      organizationId: `o-${"a".repeat(32)}`,
      members: { organizationalUnits: ["ou-ab12-cd34ef56"] },
      regions,
      roleName: "x".repeat(64),
      hub: "management account",
    };
    const role = `arn:aws-us-gov:iam::999999999999:role/${"x".repeat(64)}`;
    const stack = new MemberStack(new App({ analyticsReporting: false }), "Member", { ...largest(clusters), fleet });
    await expectToFit(stack, {
      HubAccount: "999999999999",
      HubRoles: `${role},${role}`,
      OrganizationId: fleet.organizationId,
      ExternalId: "x".repeat(36),
      Regions: regions.join(","),
      EventBus: `arn:aws-us-gov:events:us-gov-west-1:999999999999:event-bus/${"x".repeat(256)}`,
    });
  });

  test.each([0, 12, 25, 40, 60, 100])("in a stack with %d clusters", async (clusters) => {
    await expectToFit(stackWith(largest(clusters)));
  });

  test("in a hub of 50 Regions", async () => {
    await expectToFit(fleetStackWith({ regions, roleName: "x".repeat(64) }, {}, { alarmTopicArn }));
  });
});

describe("the synthesis fails if the settings have", () => {
  const refusalOf = (work: () => unknown) => {
    try {
      work();
    } catch (error) {
      if (error instanceof SettingsError) return error.message;
    }
    return expect.fail("no SettingsError was thrown");
  };

  test("more Regions than fit into a policy", () => {
    const fleet = {
      organizationId: "o-a1b2c3d4e5",
      accounts: ["111122223333"],
      regions: [...regions, "us-gov-west-1"],
    };
    expect(refusalOf(() => readSettings({ fleet }))).toContain("has more than 50 Regions");
  });

  test("more accounts than fit into the environment of a function", () => {
    const accounts = Array.from({ length: 400 }, (_, index) => `${111_122_220_000 + index}`);
    expect(refusalOf(() => fleetStackWith({ members: { accounts } }))).toMatch(
      /need \d+ bytes .* holds 4096\. .*organizationalUnits in place of accounts/,
    );
  });
});
