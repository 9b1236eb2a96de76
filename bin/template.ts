/**
 * `npm run template`: writes out/cloudformation/ for deployments without the CDK. Settings without a template
 * parameter come from cdk.json.
 */
import { fileURLToPath } from "node:url";
import cdkJson from "../cdk.json" with { type: "json" };
import { readSettings, SettingsError } from "../lib/settings.ts";
import { writeStandaloneTemplate } from "../lib/standalone-template.ts";
import { tolerateClosedPipes } from "./cli/io.ts";

tolerateClosedPipes();
const folder = fileURLToPath(new URL("../out/cloudformation", import.meta.url));
try {
  writeStandaloneTemplate(
    folder,
    readSettings("context" in cdkJson ? (cdkJson.context as Record<string, unknown>) : {}),
  );
  console.log(`Wrote ${folder}/template.json. Deploy it with:

  aws cloudformation package --template-file out/cloudformation/template.json --s3-bucket BUCKET --output-template-file packaged.yaml
  aws cloudformation deploy --template-file packaged.yaml --s3-bucket BUCKET --stack-name EksKubeletAuditor --capabilities CAPABILITY_IAM`);
} catch (error) {
  if (!(error instanceof SettingsError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
