import { Duration } from "aws-cdk-lib";
import type { Role } from "aws-cdk-lib/aws-iam";
import type { Function as LambdaFunction } from "aws-cdk-lib/aws-lambda";
import type { LogGroup } from "aws-cdk-lib/aws-logs";
import type { IQueue } from "aws-cdk-lib/aws-sqs";
import { Construct } from "constructs";
import type { Environment } from "../lambda/config.ts";
import { deployedExceptions, functionCode } from "./function-code.ts";
import type { LedgerBucket } from "./ledger-bucket.ts";
import { loggedFunction } from "./logged-function.ts";
import type { Members } from "./members.ts";
import { grantAudit } from "./permissions.ts";
import type { Settings } from "./settings.ts";

/** The longest run Lambda allows. Source: AWS Lambda Developer Guide, "Lambda quotas". */
export const functionTimeout = Duration.minutes(15);

/** MiB. A run waits more than it computes; this buys over half a vCPU (1,769 MiB are one) and room for the evidence of a large fleet. */
const memorySize = 1024;

/** A run that could not start for an hour is left to the next one. */
const maxEventAge = Duration.hours(1);

/** What else of the stack the function works with. */
interface Parts {
  /** The document: the stack's own, or the one that every member has. */
  collect: { readonly document: { readonly ref: string }; readonly sha256: string };
  ledgers: LedgerBucket;
  /** Path of the exceptions that people have written. */
  exceptionsFile?: string | undefined;
  /** Of instances that changed their state. */
  queue?: { readonly queue: IQueue } | undefined;
  /** Whom the function audits instead of its own account. */
  members?: Members;
}

/** The function of lambda/, its log and the role it runs under. */
export class AuditFunction extends Construct {
  readonly handler: LambdaFunction;
  readonly logGroup: LogGroup;
  readonly role: Role;

  constructor(scope: Construct, id: string, parts: Parts, settings: Settings) {
    super(scope, id);
    const { collect, ledgers, exceptionsFile, members } = parts;
    const { handler, logGroup, role } = loggedFunction(this, {
      description: "Audits the kubelet of every EKS worker node and keeps Security Hub true to it",
      code: functionCode(exceptionsFile),
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
    // Errors that may pass are retried within the run; what is left (a missing permission, say) fails again at once.
    handler.configureAsyncInvoke({ retryAttempts: 0, maxEventAge });
    this.handler = handler;
    this.logGroup = logGroup;
    this.role = role;
  }
}

/** What the function reads at its start. */
function environment({ collect, ledgers, exceptionsFile, queue, members }: Parts, settings: Settings) {
  const { clusters, hybrid, report, rules, benchmarkVersion, exceptionScopes } = settings;
  return {
    DOCUMENT_NAME: collect.document.ref,
    DOCUMENT_SHA256: collect.sha256,
    LEDGER_BUCKET: ledgers.bucket.bucketName,
    ...(exceptionsFile && { EXCEPTIONS_FILE: deployedExceptions }),
    ...(exceptionScopes && { EXCEPTION_SCOPES: JSON.stringify(exceptionScopes) }),
    ...(clusters && { CLUSTERS: JSON.stringify(clusters) }),
    ...(hybrid && { HYBRID: "true" as const }),
    ...(report && { REPORT: "true" as const }),
    ...(rules && { RULES: JSON.stringify(rules) }),
    ...(benchmarkVersion && { BENCHMARK_VERSION: benchmarkVersion }),
    ...(queue && { QUEUE_URL: queue.queue.queueUrl }),
    ...members?.environment,
  } satisfies Environment;
}
