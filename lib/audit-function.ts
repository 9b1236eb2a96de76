import { Aws, CfnCondition, CfnResource, Duration, Fn, RemovalPolicy } from "aws-cdk-lib";
import { PolicyStatement, Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import { Architecture, Runtime } from "aws-cdk-lib/aws-lambda";
import { NodejsFunction } from "aws-cdk-lib/aws-lambda-nodejs";
import { LogGroup, RetentionDays } from "aws-cdk-lib/aws-logs";
import { Construct } from "constructs";
import type { Environment } from "../lambda/config.ts";
import { code, exceptionsFile } from "./bundle.ts";
import type { CollectDocument } from "./collect-document.ts";
import type { LedgerBucket } from "./ledger-bucket.ts";
import { grantAudit } from "./permissions.ts";
import type { Settings } from "./settings.ts";

/** The longest run Lambda allows. Source: AWS Lambda Developer Guide, "Lambda quotas". */
const timeout = Duration.minutes(15);

/** MiB. A run waits more than it computes; this buys over half a vCPU (1,769 MiB are one) and room for the evidence of a large fleet. */
const memorySize = 1024;

/** A run that could not start for an hour is left to the next one. */
const maxEventAge = Duration.hours(1);

/** What else of the stack the function works with. */
interface Parts {
  document: CollectDocument;
  ledgers: LedgerBucket;
}

/** The function of lambda/, its log and the role it runs under. */
export class AuditFunction extends Construct {
  readonly arn: string;
  readonly name: string;
  readonly logGroupName: string;

  constructor(scope: Construct, id: string, { document, ledgers }: Parts, settings: Settings) {
    super(scope, id);
    // The summaries of about a quarter. What a run found stands in Security Hub, so the log may go with the stack.
    const logGroup = new LogGroup(this, "Log", {
      retention: RetentionDays.THREE_MONTHS,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const role = new Role(this, "Role", { assumedBy: new ServicePrincipal("lambda.amazonaws.com") });
    role.addToPolicy(
      new PolicyStatement({
        sid: "WriteLog",
        actions: ["logs:CreateLogStream", "logs:PutLogEvents"],
        resources: [logGroup.logGroupArn],
      }),
    );
    grantAudit(role, document.name, settings);
    ledgers.grantKeeping(role);

    const handler = new NodejsFunction(this, "Function", {
      description: "Audits the kubelet of every EKS worker node and keeps Security Hub true to it",
      ...code,
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      timeout,
      memorySize,
      role,
      logGroup,
      environment: environment({ document, ledgers }, settings),
    });
    // Errors that may pass are retried within the run; what is left (a missing permission, say) fails again at once.
    handler.configureAsyncInvoke({ retryAttempts: 0, maxEventAge });
    logAsJson(handler);
    this.arn = handler.functionArn;
    this.name = handler.functionName;
    this.logGroupName = logGroup.logGroupName;
  }
}

/** What the function reads at its start. */
function environment({ document, ledgers }: Parts, settings: Settings) {
  const { clusters, hybrid, rules, benchmarkVersion } = settings;
  return {
    DOCUMENT_NAME: document.name,
    DOCUMENT_SHA256: document.sha256,
    LEDGER_BUCKET: ledgers.name,
    EXCEPTIONS_FILE: exceptionsFile,
    ...(clusters && { CLUSTERS: JSON.stringify(clusters) }),
    ...(hybrid && { HYBRID: "true" as const }),
    ...(rules && { RULES: JSON.stringify(rules) }),
    ...(benchmarkVersion && { BENCHMARK_VERSION: benchmarkVersion }),
  } satisfies Environment;
}

/** Lambda's JSON log format is missing in GovCloud and unproven in China: there the format stays text. */
function logAsJson(handler: NodejsFunction): void {
  const hasJsonLogs = new CfnCondition(handler, "HasJsonLogs", {
    expression: Fn.conditionEquals(Aws.PARTITION, "aws"),
  });
  const resource = handler.node.defaultChild;
  if (!CfnResource.isCfnResource(resource))
    throw new Error("NodejsFunction no longer wraps one CloudFormation resource");
  resource.addPropertyOverride("LoggingConfig.LogFormat", Fn.conditionIf(hasJsonLogs.logicalId, "JSON", "Text"));
}
