import { fileURLToPath } from "node:url";
import { type BundlingOptions, LogLevel, OutputFormat } from "aws-cdk-lib/aws-lambda-nodejs";

/** At the root of the repository, read by people and deployed with the function. */
export const exceptionsFile = "exceptions.yaml";

/** Ways to come by credentials that Lambda has no use for: it puts them into the environment. One of them starts processes. */
const otherCredentials = [
  "@aws-sdk/credential-provider-http",
  "@aws-sdk/credential-provider-ini",
  "@aws-sdk/credential-provider-process",
  "@aws-sdk/credential-provider-sso",
  "@aws-sdk/credential-provider-web-identity",
  "@smithy/credential-provider-imds",
];

/** One ES module with all it imports. The SDK goes along, since the runtime's own may be older than the calls we make. */
const bundling: BundlingOptions = {
  format: OutputFormat.ESM,
  mainFields: ["module", "main"],
  minify: true,
  bundleAwsSDK: true,
  externalModules: otherCredentials,
  // yaml and others are CommonJS inside; an ES module has no require of its own.
  banner: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);',
  logLevel: LogLevel.WARNING,
  commandHooks: {
    beforeInstall: () => [],
    beforeBundling: () => [],
    // Lambda starts the function in the directory of its code, so the file is found by its name.
    afterBundling: (_, outputDirectory) => [`cp "${path(`../${exceptionsFile}`)}" "${outputDirectory}"`],
  },
};

/** What NodejsFunction makes the function's code of. */
export const code = {
  entry: path("../lambda/index.ts"),
  depsLockFilePath: path("../package-lock.json"),
  bundling,
};

function path(relative: string): string {
  return fileURLToPath(new URL(relative, import.meta.url));
}
