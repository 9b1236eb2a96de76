import { Aws, CfnCondition, CfnResource, type Duration, Fn, RemovalPolicy, Stack } from "aws-cdk-lib";
import { PolicyStatement, Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import { Architecture, type Code, Function as LambdaFunction, Runtime } from "aws-cdk-lib/aws-lambda";
import { LogGroup, RetentionDays } from "aws-cdk-lib/aws-logs";
import type { Construct } from "constructs";

interface Properties {
  description: string;
  code: Code;
  /** "file.export". */
  handler: string;
  timeout: Duration;
  /** MiB. */
  memorySize: number;
  environment: Record<string, string>;
}

/** A function with its log and the role it runs under, which so far may write that log and nothing else. */
export function loggedFunction(scope: Construct, properties: Properties) {
  // The summaries of about a quarter. What a run found stands in Security Hub, so the log may go with the stack.
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
    runtime: Runtime.NODEJS_24_X,
    architecture: Architecture.ARM_64,
    role,
    logGroup,
  });
  logAsJson(handler);
  return { handler, logGroup, role };
}

/** One for all functions of a stack, which may be somebody else's. */
const conditionId = "EksKubeletAuditorHasJsonLogs";

/** Lambda's JSON log format is missing in GovCloud and unproven in China: there the format stays text. */
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
