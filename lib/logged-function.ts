import { Aws, CfnCondition, CfnResource, type Duration, Fn, RemovalPolicy, Stack, Token } from "aws-cdk-lib";
import { PolicyStatement, Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import { Architecture, type Code, Function as LambdaFunction, Runtime, RuntimeFamily } from "aws-cdk-lib/aws-lambda";
import { LogGroup, RetentionDays } from "aws-cdk-lib/aws-logs";
import type { Construct } from "constructs";
import { acknowledge } from "./acknowledge.ts";
import { type Settings, SettingsError } from "./settings.ts";

interface Properties {
  description: string;
  code: Code;
  /** "file.export". */
  handler: string;
  timeout: Duration;
  /** MiB. */
  memorySize: number;
  environment: Record<string, string>;
  architecture: Settings["architecture"];
}

/** The runtime that lib/bundle.ts builds for. CDKs before 2.224 have no constant for it. */
const node24 = new Runtime("nodejs24.x", RuntimeFamily.NODEJS);

/** Creates a function with a log group and a role. The role allows only writing this log. */
export function loggedFunction(scope: Construct, { architecture, ...properties }: Properties) {
  refuseLargeEnvironment(properties.environment);
  // The log can be deleted with the stack, because Security Hub contains the findings.
  const logGroup = new LogGroup(scope, "Log", {
    retention: RetentionDays.THREE_MONTHS,
    removalPolicy: RemovalPolicy.DESTROY,
  });
  const role = new Role(scope, "Role", { assumedBy: new ServicePrincipal("lambda.amazonaws.com") });
  role.addToPolicy(
    new PolicyStatement({
      sid: "WriteLog",
      actions: ["logs:CreateLogStream", "logs:PutLogEvents"],
      resources: [logGroup.logGroupArn],
    }),
  );
  const handler = new LambdaFunction(scope, "Function", {
    ...properties,
    runtime: node24,
    architecture: architecture === "arm64" ? Architecture.ARM_64 : Architecture.X86_64,
    role,
    logGroup,
  });
  acknowledge(handler, {
    id: "AwsSolutions-L1",
    reason:
      "The code is built and tested for Node.js 24, which AWS supports, and a newer CDK can know a newer runtime.",
  });
  logAsJson(handler);
  return { handler, logGroup, role };
}

/** Maximum bytes of all environment variables, including names. Source: AWS Lambda Developer Guide, "Lambda quotas". */
const environmentBytes = 4_096;

/** Maximum bytes of a name or id that CloudFormation inserts (assumed). */
const longestReference = 128;

function refuseLargeEnvironment(environment: Record<string, string>): void {
  const bytes = Object.entries(environment)
    .map(([name, value]) => name.length + (Token.isUnresolved(value) ? longestReference : Buffer.byteLength(value)))
    .reduce((sum, size) => sum + size, 0);
  if (bytes <= environmentBytes) return;
  throw new SettingsError("The settings of this deployment", [
    `"clusters", "rules" and "fleet" together need ${bytes} bytes in the environment of a Lambda function, which holds ${environmentBytes}. Use patterns for clusters, and organizationalUnits in place of accounts.`,
  ]);
}

/** Id of the condition that all functions of a stack share. The prefix avoids conflicts in a customer's stack. */
const conditionId = "EksKubeletAuditorHasJsonLogs";

/** Sets the log format to JSON. GovCloud has no JSON format, and for China it is not documented, so these use text. */
function logAsJson(handler: LambdaFunction): void {
  const stack = Stack.of(handler);
  const known = stack.node.tryFindChild(conditionId);
  const hasJsonLogs =
    known instanceof CfnCondition
      ? known
      : new CfnCondition(stack, conditionId, { expression: Fn.conditionEquals(Aws.PARTITION, "aws") });
  const resource = handler.node.defaultChild;
  if (!CfnResource.isCfnResource(resource)) throw new Error("Function no longer wraps one CloudFormation resource");
  resource.addPropertyOverride("LoggingConfig.LogFormat", Fn.conditionIf(hasJsonLogs.logicalId, "JSON", "Text"));
}
