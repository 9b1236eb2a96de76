/** The CDK app: picks the stack, its settings and its checks. `npx cdk deploy` and a plain `node bin/app.ts` make the same template. */
import { readFileSync } from "node:fs";
import { App, Validations } from "aws-cdk-lib";
import { AwsSolutionsChecks } from "cdk-nag";
import cdkJson from "../cdk.json" with { type: "json" };
import { ExceptionsError, readExceptions } from "../lambda/findings/exceptions.ts";
import { benchmarkVersions } from "../lambda/rules/benchmark.ts";
import { rules } from "../lambda/rules/index.ts";
import { AuditStack } from "../lib/audit-stack.ts";
import { DocumentError } from "../lib/collect-content.ts";
import { readSettings, SettingsError } from "../lib/settings.ts";

// cdk.json speaks here too, for runs without the CDK CLI; what the CLI hands over wins.
const app = new App({ context: cdkJson.context, analyticsReporting: false });
try {
  const offer = { rules: rules.map(({ id }) => id), benchmarkVersions };
  const settings = readSettings(app.node.getAllContext(), offer);
  // The function reads the file again; a mistake in it is told here, and not by the first run.
  readExceptions(readFileSync(new URL("../exceptions.yaml", import.meta.url), "utf8"));
  new AuditStack(app, "EksKubeletAuditor", settings);
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  app.synth();
} catch (error) {
  const ours = [SettingsError, DocumentError, ExceptionsError];
  if (!(error instanceof Error && ours.some((kind) => error instanceof kind))) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
