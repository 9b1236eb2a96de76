import { Duration } from "aws-cdk-lib";

/** ARNs of the functions that the state machine drives. */
export interface Functions {
  /** Lists account-Regions, splits them into parts, and summarizes the results: lambda/planner.ts. */
  plan: string;
  /** Audits one part of an account-Region: lambda/index.ts. */
  audit: string;
}

/**
 * Maximum number of account-Regions at the same time. Each uses at most one concurrent run of the auditing function, so
 * this is a tenth of an account's default quota. Source: AWS Lambda Developer Guide, "Lambda quotas".
 */
const targetsAtOnce = 100;

/**
 * Maximum number of parts of one account-Region at the same time. AWS's request rates apply to the whole
 * account-Region, so a second concurrent run would only slow down the first.
 */
const partsAtOnce = 1;

/** Timeout of an execution. The schedule then starts the next one. */
const longestExecution = Duration.days(1);

/** Timeouts of the tasks. They are longer than those of the functions, so that Lambda ends a function first. */
const planTimeout = Duration.minutes(6);
const auditTimeout = Duration.minutes(16);

/** Retry when Lambda's concurrency quota is exhausted. Other functions share the quota, so this can take a while. */
const whenCrowded = {
  ErrorEquals: ["Lambda.TooManyRequestsException"],
  IntervalSeconds: 15,
  BackoffRate: 2,
  MaxDelaySeconds: 300,
  MaxAttempts: 20,
  JitterStrategy: "FULL",
};

/** Retry on any error. Runs are idempotent: a retry does only what the failed run left undone. */
const whenFailed = {
  ErrorEquals: ["States.ALL"],
  IntervalSeconds: 60,
  BackoffRate: 2,
  MaxAttempts: 2,
  JitterStrategy: "FULL",
};

const Retry = [whenCrowded, whenFailed];

/** After the last retry, the state `Next` records the error, and the other items continue. */
const reportedBy = (Next: string) => [{ ErrorEquals: ["States.ALL"], ResultPath: "$.trouble", Next }];

/**
 * The state machine, in Amazon States Language with JSONPath. `targets` are account-Regions. `parts` are the parts of
 * one account-Region; each run audits one part. The results of each Map replace its input list, because the data of a
 * state must fit into 256 KiB. Source: AWS Step Functions Developer Guide, "Quotas".
 */
export function machineDefinition({ plan, audit }: Functions) {
  return {
    Comment: "Audits the kubelet of every EKS worker node of an organization",
    TimeoutSeconds: longestExecution.toSeconds(),
    StartAt: "ListTargets",
    States: {
      ListTargets: {
        Type: "Task",
        Resource: plan,
        Parameters: { step: "targets" },
        TimeoutSeconds: planTimeout.toSeconds(),
        Retry,
        Next: "AuditTargets",
      },
      AuditTargets: {
        Type: "Map",
        ItemsPath: "$.targets",
        MaxConcurrency: targetsAtOnce,
        // A child execution that ends outside TargetFailed (for example, aborted by hand) does not end the others.
        // Summarize reports its result as missing.
        ToleratedFailurePercentage: 100,
        Label: "Targets",
        ItemProcessor: auditTarget({ plan, audit }),
        ResultPath: "$.targets",
        Next: "Summarize",
      },
      Summarize: {
        Type: "Task",
        Resource: plan,
        Parameters: { step: "summary", "count.$": "$.count", "targets.$": "$.targets" },
        TimeoutSeconds: planTimeout.toSeconds(),
        // This task fails if a part of the organization failed. A retry cannot change that.
        Retry: [whenCrowded],
        End: true,
      },
    },
  };
}

/**
 * Audits one account-Region in a child execution. Its type is STANDARD because a run can take longer than EXPRESS
 * allows.
 */
function auditTarget({ plan, audit }: Functions) {
  return {
    ProcessorConfig: { Mode: "DISTRIBUTED", ExecutionType: "STANDARD" },
    StartAt: "PlanParts",
    States: {
      PlanParts: {
        Type: "Task",
        Resource: plan,
        Parameters: { step: "parts", "account.$": "$.account", "region.$": "$.region" },
        ResultPath: "$.parts",
        TimeoutSeconds: planTimeout.toSeconds(),
        Retry,
        Catch: reportedBy("TargetFailed"),
        Next: "AuditParts",
      },
      AuditParts: {
        Type: "Map",
        ItemsPath: "$.parts",
        MaxConcurrency: partsAtOnce,
        ItemProcessor: auditPart(audit),
        ResultPath: "$.parts",
        End: true,
      },
      TargetFailed: {
        Type: "Pass",
        Parameters: {
          "account.$": "$.account",
          "region.$": "$.region",
          "parts.$": "States.Array(States.Format('not planned: {}', $.trouble.Error))",
        },
        End: true,
      },
    },
  };
}

/** One run of the auditing function. The result is the number of audited nodes, or a message about the failure. */
function auditPart(audit: string) {
  return {
    ProcessorConfig: { Mode: "INLINE" },
    StartAt: "Audit",
    States: {
      Audit: {
        Type: "Task",
        Resource: audit,
        TimeoutSeconds: auditTimeout.toSeconds(),
        Retry,
        Catch: reportedBy("PartFailed"),
        ResultSelector: { "audited.$": "$.nodes.audited" },
        OutputPath: "$.audited",
        End: true,
      },
      PartFailed: {
        Type: "Pass",
        Parameters: {
          "failure.$":
            "States.Format('cluster {} shard {}/{}: {}', $.cluster, $.shard.index, $.shard.count, $.trouble.Error)",
        },
        OutputPath: "$.failure",
        End: true,
      },
    },
  };
}
