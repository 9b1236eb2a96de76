import { answerTime, assumedSsmRate, latencies, type Rate, rateOf, rates } from "./aws-times.ts";

export interface Floor {
  /** No client, however clever, is done sooner. */
  seconds: number;
  /** Of these, what AWS's rates alone make one wait for, and by which operation. */
  rateSeconds: number;
  operation: string;
}

/** Seconds that so many calls take at a rate, when nothing else holds them back. */
function secondsFor(calls: number, { burst, perSecond }: Rate): number {
  return Math.max(0, calls - burst) / perSecond;
}

/**
 * The least time for these calls: the operation whose rate makes one wait longest, all others going on meanwhile, and the
 * answer times of AWS and of one node along the chain that nobody can shorten, since each step needs the one before.
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

/** Milliseconds: the pages of the instances, one after the other; a command and its replies; the ledger; the first import. */
function chainOf(calls: Readonly<Record<string, number>>): number {
  const { ec2, ssm, s3, securityhub } = latencies;
  const publishing = calls["securityhub:BatchImportFindings"] ? securityhub + 2 * s3 : 0;
  return (calls["ec2:DescribeInstances"] ?? 0) * ec2 + 3 * ssm + answerTime + s3 + publishing;
}
