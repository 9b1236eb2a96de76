import type { AccountRegion } from "../../local-aws/holdings.ts";
import type { Hub } from "../../local-aws/hub.ts";
import { memberRegions } from "../../local-aws/sample-organization.ts";
import type { LocalAws } from "../../local-aws/server.ts";

/**
 * Makes the deployed function use all its permissions: in a first run, in a run with ledgers, in a run that rebuilds
 * lost ledgers, for a new node, and when the schedule cannot start the function. A permission that is unused afterwards
 * is not needed.
 */
export async function makeEveryCall(aws: LocalAws): Promise<void> {
  await run(aws);
  await run(aws);
  for (const { objects } of aws.home.buckets.values()) objects.clear();
  await run(aws);
  await seeNewNode(aws, aws.home, aws.pollQueue);
  await cannotStart(aws, "lambda:Invoke", () => aws.fireSchedule());
}

/**
 * Makes the hub use all its permissions: in an execution that audits all members, for a new node of a member, and when
 * the schedule cannot start an execution.
 */
export async function makeEveryCallOfHub(aws: LocalAws, hub: Hub): Promise<void> {
  const execution = await hub.fireSchedule();
  if (execution?.error) throw new Error(`${execution.error.error}: ${execution.error.cause}`);
  const { account, region } = memberRegions()[0] ?? {};
  if (account && region) await seeNewNode(aws, aws.at(account, region), hub.pollQueue);
  await cannotStart(aws, "states:StartExecution", hub.fireSchedule);
}

/** Milliseconds, longer than the queue's delay for messages. */
const untilDelivered = 900_000;

/** Starts a node that is not registered with SSM yet, so that its message returns to the queue. */
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

/** Fires the schedule while every start fails. The fault outlasts the retries of the schedule and is then removed. */
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
