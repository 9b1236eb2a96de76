import { Aws, CfnCondition, CfnResource, Duration, Fn, RemovalPolicy } from "aws-cdk-lib";
import { PolicyStatement, Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import { Architecture, Function as LambdaFunction, Runtime } from "aws-cdk-lib/aws-lambda";
import { LogGroup, RetentionDays } from "aws-cdk-lib/aws-logs";
import { Construct } from "constructs";
import type { Environment } from "../lambda/config.ts";
import type { CollectDocument } from "./collect-document.ts";
import { deployedExceptions, functionCode } from "./function-code.ts";
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
  collect: CollectDocument;
  ledgers: LedgerBucket;
  /** Path of the exceptions that people have written. */
  exceptionsFile?: string | undefined;
}

/** The function of lambda/, its log and the role it runs under. */
export class AuditFunction extends Construct {
  readonly handler: LambdaFunction;
  readonly logGroup: LogGroup;

  constructor(scope: Construct, id: string, parts: Parts, settings: Settings) {
    super(scope, id);
    const { collect, ledgers, exceptionsFile } = parts;
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
    grantAudit(role, collect.document.ref, settings);
    ledgers.grantKeeping(role);

    const handler = new LambdaFunction(this, "Function", {
      description: "Audits the kubelet of every EKS worker node and keeps Security Hub true to it",
      code: functionCode(exceptionsFile),
      handler: "index.handler",
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      timeout,
      memorySize,
      role,
      logGroup,
      environment: environment(parts, settings),
    });
    // Errors that may pass are retried within the run; what is left (a missing permission, say) fails again at once.
    handler.configureAsyncInvoke({ retryAttempts: 0, maxEventAge });
    logAsJson(handler);
    this.handler = handler;
    this.logGroup = logGroup;
  }
}

/** What the function reads at its start. */
function environment({ collect, ledgers, exceptionsFile }: Parts, settings: Settings) {
  const { clusters, hybrid, rules, benchmarkVersion } = settings;
  return {
    DOCUMENT_NAME: collect.document.ref,
    DOCUMENT_SHA256: collect.sha256,
    LEDGER_BUCKET: ledgers.bucket.bucketName,
    ...(exceptionsFile && { EXCEPTIONS_FILE: deployedExceptions }),
    ...(clusters && { CLUSTERS: JSON.stringify(clusters) }),
    ...(hybrid && { HYBRID: "true" as const }),
    ...(rules && { RULES: JSON.stringify(rules) }),
    ...(benchmarkVersion && { BENCHMARK_VERSION: benchmarkVersion }),
  } satisfies Environment;
}

/** Lambda's JSON log format is missing in GovCloud and unproven in China: there the format stays text. */
function logAsJson(handler: LambdaFunction): void {
  const hasJsonLogs = new CfnCondition(handler, "HasJsonLogs", {
    expression: Fn.conditionEquals(Aws.PARTITION, "aws"),
  });
  const resource = handler.node.defaultChild;
  if (!CfnResource.isCfnResource(resource)) throw new Error("Function no longer wraps one CloudFormation resource");
  resource.addPropertyOverride("LoggingConfig.LogFormat", Fn.conditionIf(hasJsonLogs.logicalId, "JSON", "Text"));
}
