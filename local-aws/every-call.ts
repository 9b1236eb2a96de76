import type { LocalAws } from "./server.ts";

/**
 * Has the deployed function do everything it ever does: a first run, one that finds its ledgers, one that finds them lost
 * and rebuilds them, and a schedule that cannot start it. What the roles were not asked for by then, they do not need.
 */
export async function makeEveryCall(aws: LocalAws): Promise<void> {
  await run(aws);
  await run(aws);
  for (const { objects } of aws.fleet.buckets.values()) objects.clear();
  await run(aws);
  // More often than any schedule tries; what is left of the fault is taken back.
  const fault = { operation: "lambda:Invoke", times: 1000, error: "throttled" } as const;
  aws.faults.push(fault);
  await aws.fireSchedule();
  aws.faults.splice(aws.faults.indexOf(fault), 1);
}

async function run(aws: LocalAws): Promise<void> {
  const { error } = await aws.fireSchedule();
  if (error) throw new Error(`${error.errorType}: ${error.errorMessage}`);
}
