import { Duration } from "aws-cdk-lib";
import type { Role } from "aws-cdk-lib/aws-iam";
import type { Function as LambdaFunction } from "aws-cdk-lib/aws-lambda";
import type { LogGroup } from "aws-cdk-lib/aws-logs";
import type { IQueue } from "aws-cdk-lib/aws-sqs";
import { Construct } from "constructs";
import type { Environment } from "../lambda/config.ts";
import { type DeployedFiles, deployedNames } from "./deployed-files.ts";
import { functionCode } from "./function-code.ts";
import type { LedgerBucket } from "./ledger-bucket.ts";
import { loggedFunction } from "./logged-function.ts";
import type { Members } from "./members.ts";
import { grantAudit } from "./permissions.ts";
import type { Settings } from "./settings.ts";

/** Lambda's maximum timeout. Source: AWS Lambda Developer Guide, "Lambda quotas". */
export const functionTimeout = Duration.minutes(15);

/**
 * Memory in MiB, which includes 0.58 of a vCPU. With a whole one (1,769 MiB) a run takes 1 to 7 % less time and costs
 * at least 60 % more (docs/scale.md, "Memory").
 */
export const memorySize = 1024;

/** Maximum age of a start event. After that, the next scheduled run does the work. */
const maxEventAge = Duration.hours(1);

/** Other parts of the stack that the function uses. */
interface Parts {
  /** The SSM document: the stack's own, or the members' in organization mode. */
  collect: { readonly document: { readonly ref: string }; readonly sha256: string };
  ledgers: LedgerBucket;
  files?: DeployedFiles;
  /** Queue with events of instances whose state changed. */
  queue?: { readonly queue: IQueue } | undefined;
  /** Members to audit instead of the function's own account. */
  members?: Members;
}

/** The auditing function with its log and its role. */
export class AuditFunction extends Construct {
  readonly handler: LambdaFunction;
  readonly logGroup: LogGroup;
  readonly role: Role;

  constructor(scope: Construct, id: string, parts: Parts, settings: Settings) {
    super(scope, id);
    const { collect, ledgers, files, members } = parts;
    const { handler, logGroup, role } = loggedFunction(this, {
      description: "Audits the kubelet of every EKS worker node and keeps the Security Hub findings up to date",
      code: functionCode(files),
      handler: "index.handler",
      timeout: functionTimeout,
      memorySize,
      architecture: settings.architecture,
      environment: environment(parts, settings),
    });
    if (members) members.grantAssuming(role);
    else grantAudit(role, collect.document.ref, settings);
    ledgers.grantKeeping(role);
    if (settings.report) ledgers.grantReporting(role);
    // The run itself retries transient errors. Any other error (for example a missing permission) would only repeat.
    handler.configureAsyncInvoke({ retryAttempts: 0, maxEventAge });
    this.handler = handler;
    this.logGroup = logGroup;
    this.role = role;
  }
}

function environment({ collect, ledgers, files, queue, members }: Parts, settings: Settings) {
  const { clusters, hybrid, report, rules, benchmarks, stigByLetter, benchmarkVersion, exceptionScopes } = settings;
  return {
    DOCUMENT_NAME: collect.document.ref,
    DOCUMENT_SHA256: collect.sha256,
    LEDGER_BUCKET: ledgers.bucket.bucketName,
    ...(files?.exceptionsFile && { EXCEPTIONS_FILE: deployedNames.exceptionsFile }),
    ...(files?.rulesFile && { RULES_FILE: deployedNames.rulesFile }),
    ...(exceptionScopes && { EXCEPTION_SCOPES: JSON.stringify(exceptionScopes) }),
    ...(clusters && { CLUSTERS: JSON.stringify(clusters) }),
    ...(hybrid && { HYBRID: "true" as const }),
    ...(report && { REPORT: "true" as const }),
    ...(rules && { RULES: JSON.stringify(rules) }),
    ...(benchmarks && { BENCHMARKS: JSON.stringify(benchmarks) }),
    ...(stigByLetter && { STIG_BY_LETTER: "true" as const }),
    ...(benchmarkVersion && { BENCHMARK_VERSION: benchmarkVersion }),
    ...(queue && { QUEUE_URL: queue.queue.queueUrl }),
    ...members?.environment,
  } satisfies Environment;
}
