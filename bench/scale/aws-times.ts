import type { IncomingHttpHeaders } from "node:http";

/** A token bucket of AWS's: calls at once after a rest, and calls a second. */
export interface Rate {
  burst: number;
  perSecond: number;
}

/** Calls a second of each SSM operation. AWS publishes no number; users are not throttled at this one. */
export const assumedSsmRate = 5;

/** A rate with a burst of twice its calls a second. */
export function rateOf(perSecond: number): Rate {
  return { burst: 2 * perSecond, perSecond };
}

/**
 * What AWS lets one account and Region call. Sources: Security Hub partner guide, "Guidelines for using the
 * BatchImportFindings API"; Amazon EC2 Developer Guide, "Request throttling for the Amazon EC2 API". SSM and EKS publish
 * none; what stands here is what users get through without being throttled.
 */
export const rates: Readonly<Record<string, Rate>> = {
  "securityhub:BatchImportFindings": { burst: 30, perSecond: 10 },
  "securityhub:GetFindings": { burst: 6, perSecond: 3 },
  "ec2:DescribeInstances": { burst: 100, perSecond: 20 },
  ssm: rateOf(assumedSsmRate),
  eks: { burst: 20, perSecond: 10 },
};

/** Milliseconds until a reply, as usual for full pages. */
export const latencies = { ec2: 600, ssm: 120, eks: 80, s3: 40, securityhub: 250 } as const;

/** How long AWS takes to answer a request, by the service that its signature names. */
export function latencyOf({ authorization = "" }: IncomingHttpHeaders): number {
  const [, service = ""] = /\/([a-z0-9]+)\/aws4_request/.exec(authorization) ?? [];
  return (latencies as Readonly<Record<string, number>>)[service] ?? 0;
}

/** Milliseconds from SendCommand to a node's answer: the agent polls, and the script takes a moment. */
export const answerTime = 2_500;
