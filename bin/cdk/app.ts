/**
 * The CDK app: chooses the stack, its settings and its checks. `npx cdk deploy` and `node bin/app.mjs` make the same
 * template.
 */
import { App, Validations } from "aws-cdk-lib";
import { AwsSolutionsChecks } from "cdk-nag";
import cdkJson from "../../cdk.json" with { type: "json" };
import { ExceptionsError } from "../../lambda/judge/exceptions.ts";
import { OwnRulesError } from "../../lambda/own-rules/read-own-rules.ts";
import { AuditStack } from "../../lib/audit-stack.ts";
import { DocumentError } from "../../lib/collect-content.ts";
import { OrganizationStack } from "../../lib/organization-stack.ts";
import { readSettings, SettingsError } from "../../lib/settings.ts";

// Without the CDK CLI, the app reads the context of cdk.json itself. Context from the CLI takes precedence.
const app = new App({ context: cdkJson.context, analyticsReporting: false });
try {
  const settings = readSettings(app.node.getAllContext());
  const { fleet } = settings;
  if (fleet) new OrganizationStack(app, "EksKubeletAuditorFleet", { ...settings, fleet });
  else new AuditStack(app, "EksKubeletAuditor", settings);
  // cdk-nag reads a deprecated property of the hub's event bus, and CDK would print a warning about it.
  process.env.JSII_DEPRECATED ??= "quiet";
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  app.synth();
} catch (error) {
  const ours = [SettingsError, DocumentError, ExceptionsError, OwnRulesError];
  if (!(error instanceof Error && ours.some((kind) => error instanceof kind))) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
