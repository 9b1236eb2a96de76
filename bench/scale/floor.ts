import { answerTime, assumedSsmRate, latencies, type Rate, rateOf, rates } from "./aws-times.ts";

export interface Floor {
  /** Minimum seconds for any client. */
  seconds: number;
  /** Part of `seconds` that AWS's rates cause. */
  rateSeconds: number;
  /** Operation whose rate causes `rateSeconds`. */
  operation: string;
}

/** Minimum seconds for a number of calls at a rate. */
function secondsFor(calls: number, { burst, perSecond }: Rate): number {
  return Math.max(0, calls - burst) / perSecond;
}

/**
 * The minimum time for these calls: the wait for the slowest rate, during which all other operations run, plus the
 * latencies of
 * the steps that depend on each other.
 */
export function floorOf(calls: Readonly<Record<string, number>>, ssm: Rate = rateOf(assumedSsmRate)): Floor {
  const limited = Object.entries(calls).map(([operation, count]) => {
    const allowed = { ...rates, ssm };
    const rate = (allowed as typeof rates)[operation] ?? (allowed as typeof rates)[operation.split(":")[0] ?? ""];
    return { operation, rateSeconds: rate ? secondsFor(count, rate) : 0 };
  });
  const none = { operation: "none", rateSeconds: 0 };
  const slowest = limited.reduce((most, each) => (each.rateSeconds > most.rateSeconds ? each : most), none);
  return { ...slowest, seconds: slowest.rateSeconds + chainOf(calls) / 1000 };
}

/**
 * Milliseconds of the steps that must follow each other: pages of instances, a command and its replies, the ledger, the
 * first import.
 */
function chainOf(calls: Readonly<Record<string, number>>): number {
  const { ec2, ssm, s3, securityhub } = latencies;
  const publishing = calls["securityhub:BatchImportFindings"] ? securityhub + 2 * s3 : 0;
  return (calls["ec2:DescribeInstances"] ?? 0) * ec2 + 3 * ssm + answerTime + s3 + publishing;
}
