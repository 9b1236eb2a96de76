import type { AccountRegion } from "../../local-aws/holdings.ts";
import type { Hub } from "../../local-aws/hub.ts";
import { memberFleets } from "../../local-aws/sample-organization.ts";
import type { LocalAws } from "../../local-aws/server.ts";

/**
 * Has the deployed function do everything it ever does: a first run, one that finds its ledgers, one that finds them lost
 * and rebuilds them, and a schedule that cannot start it. What the roles were not asked for by then, they do not need.
 */
export async function makeEveryCall(aws: LocalAws): Promise<void> {
  await run(aws);
  await run(aws);
  for (const { objects } of aws.fleet.buckets.values()) objects.clear();
  await run(aws);
  await seeNewNode(aws, aws.fleet, aws.pollQueue);
  await cannotStart(aws, "lambda:Invoke", () => aws.fireSchedule());
}

/** Has the hub of a fleet do everything it ever does: an execution that audits all members, and one that cannot be started. */
export async function makeEveryCallOfHub(aws: LocalAws, hub: Hub): Promise<void> {
  const execution = await hub.fireSchedule();
  if (execution?.error) throw new Error(`${execution.error.error}: ${execution.error.cause}`);
  const { account, region } = memberFleets()[0] ?? {};
  if (account && region) await seeNewNode(aws, aws.at(account, region), hub.pollQueue);
  await cannotStart(aws, "states:StartExecution", hub.fireSchedule);
}

/** Longer than the queue delays messages. */
const untilDelivered = 900_000;

/** A node starts and is not registered yet, so that its message goes back to the queue. */
async function seeNewNode(aws: LocalAws, place: AccountRegion, pollQueue: LocalAws["pollQueue"]): Promise<void> {
  const model = place.nodes.find(({ instance }) => instance !== undefined);
  if (!model?.instance) throw new Error("there is no instance to copy");
  const { agent: _, ...node } = model;
  const launchedAt = new Date(aws.clock.now() + untilDelivered).toISOString();
  aws.launch({ ...node, id: "i-0fedcba9876543210", instance: { ...model.instance, launchedAt } }, place);
  aws.clock.advance(untilDelivered);
  const [invoked] = await pollQueue();
  if (!invoked || invoked.error) throw new Error(`new nodes: ${invoked?.error?.errorMessage ?? "no message arrived"}`);
  place.nodes = place.nodes.filter(({ id }) => id !== "i-0fedcba9876543210");
}

/** More often than any schedule tries; what is left of the fault is taken back. */
async function cannotStart(aws: LocalAws, operation: string, fireSchedule: () => Promise<unknown>): Promise<void> {
  const fault = { operation, times: 1000, error: "throttled" } as const;
  aws.faults.push(fault);
  await fireSchedule();
  aws.faults.splice(aws.faults.indexOf(fault), 1);
}

async function run(aws: LocalAws): Promise<void> {
  const { error } = await aws.fireSchedule();
  if (error) throw new Error(`${error.errorType}: ${error.errorMessage}`);
}
