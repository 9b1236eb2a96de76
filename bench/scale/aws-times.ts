import type { IncomingHttpHeaders } from "node:http";

/** A token bucket of AWS: `burst` is its capacity in calls, `perSecond` its refill rate. */
export interface Rate {
  burst: number;
  perSecond: number;
}

/**
 * Assumed calls per second of each SSM operation. AWS publishes no rate, and users report no throttling at this rate.
 */
export const assumedSsmRate = 5;

/** A rate whose burst is twice its calls per second. */
export function rateOf(perSecond: number): Rate {
  return { burst: 2 * perSecond, perSecond };
}

/**
 * Rates of one account-Region. Source: Security Hub partner guide, "Guidelines for using the BatchImportFindings API".
 * EKS publishes no rates, and users report no throttling at this rate.
 */
export const rates = {
  "securityhub:BatchImportFindings": { burst: 30, perSecond: 10 },
  eks: { burst: 20, perSecond: 10 },
} satisfies Readonly<Record<string, Rate>>;

/** Typical milliseconds until the reply with a full page. */
export const latencies = { ec2: 600, ssm: 120, eks: 80, s3: 40, securityhub: 250 } as const;

/** Milliseconds until the reply to a request. The request's signature names the service. */
export function latencyOf({ authorization = "" }: IncomingHttpHeaders): number {
  const [, service = ""] = /\/([a-z0-9]+)\/aws4_request/.exec(authorization) ?? [];
  return (latencies as Readonly<Record<string, number>>)[service] ?? 0;
}

/** Milliseconds from SendCommand to a node's reply: the agent polls, then the script runs. */
export const answerTime = 2_500;
