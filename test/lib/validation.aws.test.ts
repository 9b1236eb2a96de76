import { rmSync } from "node:fs";
import { App, CfnResource, CloudFormationValidatePlugin } from "aws-cdk-lib";
import { expect, test } from "vitest";
import { AuditStack } from "../../lib/audit-stack.ts";
import { MemberStack } from "../../lib/member-stack.ts";
import { OrganizationStack } from "../../lib/organization-stack.ts";
import { defaults, fleet, settings } from "./example-settings.ts";

test("CDK's validation finds no problem in the templates, and finds an invalid property", () => {
  const app = new App({ context: { "aws:cdk:bundling-stacks": [] }, analyticsReporting: false });
  new AuditStack(app, "Audit", settings);
  new OrganizationStack(app, "Hub", { ...settings, fleet });
  new MemberStack(app, "Member", { ...settings, fleet });
  // All else in this stack is valid.
  const invalid = new AuditStack(app, "Invalid", defaults);
  new CfnResource(invalid, "Queue", { type: "AWS::SQS::Queue", properties: { DelaySeconds: "many" } });
  const { directory, stacks } = app.synth();
  const { violations } = new CloudFormationValidatePlugin().validate({
    appConstruct: app,
    templatePaths: stacks.map(({ templateFullPath }) => templateFullPath),
    stackTemplates: stacks.map(({ id, templateFullPath }) => ({
      stackConstructPath: id,
      templatePath: templateFullPath,
      accountId: undefined,
      region: undefined,
    })),
  });
  const found = violations.flatMap(({ description, violatingResources }) =>
    violatingResources.map(({ templatePath = "" }) => `${templatePath.split("/").at(-1)}: ${description}`),
  );
  expect(found).toEqual(["Invalid.template.json: DelaySeconds: 'many' is not of type 'integer'"]);
  rmSync(directory, { recursive: true });
});
