import { Duration } from "aws-cdk-lib";

/** ARNs of the functions that the state machine drives. */
export interface Functions {
  /** Says who there is to audit and what of them, and sums up: lambda/planner.ts. */
  plan: string;
  /** Audits one part of it: lambda/index.ts. */
  audit: string;
}

/**
 * Account-Regions at once. Each has one run of the auditing function at most, so that this is a tenth of the runs that Lambda
 * allows an account at once by default. Source: AWS Lambda Developer Guide, "Lambda quotas".
 */
const targetsAtOnce = 100;

/**
 * Parts of one account-Region at once. AWS's rates are the account's in its Region: a second run beside the first would
 * win nothing and make both wait.
 */
const partsAtOnce = 1;

/** A fleet that is not through by then is started anew by its schedule. */
const longestExecution = Duration.days(1);

/** A little more than the functions themselves may take, so that it is Lambda that ends them. */
const planTimeout = Duration.minutes(6);
const auditTimeout = Duration.minutes(16);

/** Lambda had no room: nothing has run. Quotas are shared, so it may take a while. */
const whenCrowded = {
  ErrorEquals: ["Lambda.TooManyRequestsException"],
  IntervalSeconds: 15,
  BackoffRate: 2,
  MaxDelaySeconds: 300,
  MaxAttempts: 20,
  JitterStrategy: "FULL",
};

/** Whatever went wrong: a run that is repeated only does what the first one left. */
const whenFailed = {
  ErrorEquals: ["States.ALL"],
  IntervalSeconds: 60,
  BackoffRate: 2,
  MaxAttempts: 2,
  JitterStrategy: "FULL",
};

const Retry = [whenCrowded, whenFailed];

/** What cannot be helped is told, and the rest goes on. */
const reportedBy = (Next: string) => [{ ErrorEquals: ["States.ALL"], ResultPath: "$.trouble", Next }];

/**
 * The state machine, in Amazon States Language with JSONPath. `targets` are account-Regions and `parts` what one run audits of
 * them; a list of either gives way to what became of its members, so that it is never there twice: all that a state holds
 * has to fit 256 KiB. Source: AWS Step Functions Developer Guide, "Quotas".
 */
export function machineDefinition({ plan, audit }: Functions) {
  return {
    Comment: "Audits the kubelet of every EKS worker node of a fleet",
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
        // An account's Region that ends on its own, and not in TargetFailed, does not end the others; Summarize misses it.
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
        // What this fails with is that some of the fleet failed, and that does not pass.
        Retry: [whenCrowded],
        End: true,
      },
    },
  };
}

/** One account's Region, as an execution of its own: a Standard one, since a run may take longer than Express allows. */
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

/** One run of the auditing function. It comes to the number of nodes that were audited, or to a line that says what failed. */
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
