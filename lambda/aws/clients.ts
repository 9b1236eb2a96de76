import { setTimeout as sleep } from "node:timers/promises";
import { EC2Client } from "@aws-sdk/client-ec2";
import { EKSClient } from "@aws-sdk/client-eks";
import { S3Client } from "@aws-sdk/client-s3";
import { SecurityHubClient } from "@aws-sdk/client-securityhub";
import { SQSClient } from "@aws-sdk/client-sqs";
import { SSMClient } from "@aws-sdk/client-ssm";
import { STSClient } from "@aws-sdk/client-sts";
import { withinDeadline, withSignal } from "./call-deadline.ts";
import type { Credentials } from "./member.ts";
import { explainDenial } from "./missing-permission.ts";
import { below, pacer, partOf, type Rate } from "./pace.ts";

export interface Clients {
  ec2: EC2Client;
  eks: EKSClient;
  s3: S3Client;
  ssm: SSMClient;
  securityHub: SecurityHubClient;
  sqs: SQSClient;
  sts: STSClient;
  /** Requests sent since the last clear(), retries included, by IAM action, for example "ssm:SendCommand". */
  calls: Map<string, number>;
}

/**
 * Rate of each operation. AWS does not publish SSM's rates, and all tools of the account share them, so this is a low
 * estimate: 5 a second after a burst of 10. One call of the burst is left over, so that requests which arrive early are
 * not throttled.
 */
const ssmRate: Rate = { burst: 9, perSecond: 5 };

/** Source: Security Hub partner guide, "Guidelines for using the BatchImportFindings API". */
const securityHubRate = below({ burst: 30, perSecond: 10 });

/**
 * Rate of "non-mutating actions", which change nothing. Source: Amazon EC2 Developer Guide, "Request throttling for the
 * Amazon EC2 API".
 */
const ec2Rate = below({ burst: 100, perSecond: 20 });

/** AWS publishes no rates of EKS, so this is an estimate: 10 a second after a burst of 20, of which one is left over. */
const eksRate: Rate = { burst: 19, perSecond: 10 };

/** Far below the limits of SQS. Source: Amazon SQS Developer Guide, "Message quotas": no limit for standard queues. */
const sqsRate: Rate = { burst: 50, perSecond: 50 };

/** A few calls a run. Source: AWS General Reference, "AWS STS quotas": 600 requests a second. */
const stsRate: Rate = { burst: 10, perSecond: 10 };

/** Far below the limits of S3 for one prefix. Source: Amazon S3 User Guide, "Best practices design patterns". */
const s3Rate: Rate = { burst: 100, perSecond: 100 };

export const usual = {
  retryMode: "adaptive",
  maxAttempts: 8,
  // Milliseconds. A reply usually takes one or two seconds, so a call that takes 30 is repeated.
  requestHandler: { connectionTimeout: 5_000, requestTimeout: 30_000, throwOnRequestTimeout: true },
} as const;

/**
 * Creates the clients for one account-Region. The SDK reads the endpoint from the environment, and also the Region and
 * the credentials when the caller gives none. `part` is the part of the account-Region's rates that the clients use,
 * from 0 to 1.
 */
export function createClients(
  region?: string,
  credentials?: Credentials,
  calls: Clients["calls"] = new Map(),
  part = 1,
): Clients {
  const settings = { ...usual, ...(region && { region }), ...(credentials && { credentials }) };
  return {
    ec2: instrument(new EC2Client(settings), { service: "ec2", rate: partOf(ec2Rate, part), calls }),
    eks: instrument(new EKSClient(settings), { service: "eks", rate: partOf(eksRate, part), calls }),
    s3: instrument(new S3Client(settings), { service: "s3", rate: s3Rate, calls }),
    ssm: instrument(new SSMClient(settings), { service: "ssm", rate: partOf(ssmRate, part), calls }),
    securityHub: instrument(new SecurityHubClient(settings), {
      service: "securityhub",
      rate: partOf(securityHubRate, part),
      calls,
    }),
    // The queue's URL contains the public address of SQS, which is wrong when the environment sets another endpoint.
    sqs: instrument(new SQSClient({ ...settings, useQueueUrlAsEndpoint: false }), {
      service: "sqs",
      rate: sqsRate,
      calls,
    }),
    sts: instrument(new STSClient(settings), { service: "sts", rate: stsRate, calls }),
    calls,
  };
}

/** Returns the same clients, whose calls are cancelled when `signal` is aborted. */
export function bounded({ ec2, eks, s3, ssm, securityHub, sqs, sts, calls }: Clients, signal: AbortSignal): Clients {
  return {
    ec2: withSignal(ec2, signal),
    eks: withSignal(eks, signal),
    s3: withSignal(s3, signal),
    ssm: withSignal(ssm, signal),
    securityHub: withSignal(securityHub, signal),
    sqs: withSignal(sqs, signal),
    sts: withSignal(sts, signal),
    calls,
  };
}

type Middleware = <Args extends object, Reply>(
  next: (args: Args) => Promise<Reply>,
  context: { commandName?: string },
) => (args: Args) => Promise<Reply>;

interface Client {
  middlewareStack: {
    add(middleware: Middleware, options: { step: "initialize"; name: string; priority: "high" }): void;
    add(middleware: Middleware, options: { step: "finalizeRequest"; name: string; priority: "low" }): void;
  };
}

interface Instruments {
  /** The prefix of the service's IAM actions. */
  service: string;
  rate: Rate;
  calls: Map<string, number>;
}

/**
 * IAM actions by operation, where the two names differ. Source: Service Authorization Reference, Amazon S3 and Amazon
 * SQS.
 */
const actions: Readonly<Record<string, string>> = {
  ListObjectsV2: "ListBucket",
  ChangeMessageVisibilityBatch: "ChangeMessageVisibility",
};

/**
 * Adds middleware to the client. The middleware paces and counts every request, retries included, and cancels a call at
 * the deadline of its command. Every error names its operation, and an IAM denial also names the missing permission.
 */
export function instrument<C extends Client>(client: C, { service, rate, calls }: Instruments): C {
  const operationIn = (commandName = "") => commandName.replace(/Command$/, "");
  // "SendCommandCommand" → "ssm:SendCommand", an IAM action.
  const actionOf = (commandName?: string) => {
    const operation = operationIn(commandName);
    return `${service}:${actions[operation] ?? operation}`;
  };
  // AWS limits each operation separately. Source: Amazon EC2 Developer Guide, "Request throttling for the Amazon EC2
  // API".
  const turns = new Map<string, () => number>();
  const turnOf = (action: string) => {
    const turn = turns.get(action) ?? pacer(rate);
    turns.set(action, turn);
    return turn();
  };

  const paceAndCount: Middleware =
    (next, { commandName }) =>
    async (args) => {
      const action = actionOf(commandName);
      const wait = turnOf(action);
      if (wait > 0) await sleep(wait);
      calls.set(action, (calls.get(action) ?? 0) + 1);
      return next(args);
    };
  const endAndExplain: Middleware =
    (next, { commandName }) =>
    async (args) => {
      const operation = `${service}:${operationIn(commandName)}`;
      try {
        return await withinDeadline(args, operation, () => next(args));
      } catch (error) {
        throw withOperation(operation, explainDenial(actionOf(commandName), error));
      }
    };

  // Middleware of low priority runs after the SDK's retry middleware, so once per attempt. Middleware of high priority
  // runs before it, so once per call.
  client.middlewareStack.add(paceAndCount, { step: "finalizeRequest", name: "paceAndCount", priority: "low" });
  client.middlewareStack.add(endAndExplain, { step: "initialize", name: "endAndExplain", priority: "high" });
  return client;
}

/** Adds the operation to an error, because AWS's own messages, for example "Rate exceeded", do not name it. */
function withOperation(operation: string, error: unknown): unknown {
  if (error instanceof Error && !error.message.includes(operation)) error.message = `${operation}: ${error.message}`;
  return error;
}
