import type { Clients } from "../aws/clients.ts";
import { inParallel } from "../aws/parallel.ts";
import type { Place } from "../domain/place.ts";
import { mayBeNode } from "../inventory/changed.ts";
import { readInstancesById, type TaggedInstance } from "../inventory/instances.ts";
import { counted } from "../text.ts";
import { returnMessages } from "./return-messages.ts";
import type { Message, StateChange, StateChanges } from "./state-changes.ts";

/** Seconds after which the queue delivers a message again, when the node is still starting or an error occurred. */
const pause = 180;

/**
 * The part of an account-Region's rates that one invocation uses, because two of them run at the same time. See
 * `maxConcurrency` in lib/audit-events.ts.
 */
export const partOfRates = 1 / 2;

/** Maximum number of account-Regions audited at the same time. AWS limits the rates of calls for each separately. */
const placesAtOnce = 5;

/** The result of a run over some instances. */
interface Audited {
  /** The instances that have to be audited again. */
  unfinished: ReadonlySet<string>;
  trouble: readonly Error[];
}

/** The input for processing state changes. */
export interface Taker {
  queueUrl: string;
  /** Epoch milliseconds after which no audit begins. */
  until: number;
  /** The clock of the ledgers, epoch milliseconds. */
  now(): number;
  isAudited(cluster: string): boolean;
  /** Returns clients for the account-Region; undefined when it is not audited. */
  clientsOf(place: Pick<Place, "account" | "region">): Promise<Clients | undefined>;
  audit(clients: Clients, place: Pick<Place, "account" | "region">, listed: ListedInstances): Promise<Audited>;
}

/** Instances as EC2 listed them. */
interface ListedInstances {
  instances: readonly TaggedInstance[];
  /** Time before the call to EC2, epoch milliseconds. */
  listedAt: number;
}

/** The result of one invocation. */
export interface Taken {
  messages: number;
  /** Messages that the queue delivers again. */
  returned: readonly Message[];
  /** Number of messages of account-Regions that are not audited. */
  foreign: number;
  /** Instances of audited clusters. */
  nodes: number;
  trouble: readonly Error[];
}

/**
 * Audits the instances that changed their state, by account-Region. The auditor reads the current state from EC2,
 * because an event may be late, repeated or out of order. A message returns to the queue while its node is starting,
 * when it cannot be parsed, and when an error kept its node from being audited. After several attempts the queue moves
 * it to the dead-letter queue.
 */
export async function takeStateChanges(
  sqs: Clients["sqs"],
  { changes, strange }: StateChanges,
  taker: Taker,
): Promise<Taken> {
  const places = Map.groupBy(changes, ({ account, region }) => `${account} ${region}`);
  const taken = await inParallel(placesAtOnce, [...places.values()], (ofPlace) => takeOfPlace(ofPlace, taker));
  const returned = [...strange, ...taken.flatMap((each) => each.returned)];
  const errors = await returnMessages(sqs, taker.queueUrl, returned, pause);
  const sum = (count: "nodes" | "foreign") => taken.reduce((all, each) => all + each[count], 0);
  return {
    messages: changes.length + strange.length,
    returned,
    foreign: sum("foreign"),
    nodes: sum("nodes"),
    trouble: [
      ...taken.flatMap(({ trouble }) => trouble),
      ...(strange.length > 0 ? [new StrangeMessagesError(strange)] : []),
      ...errors,
    ],
  };
}

/** The queue contains messages that are not state changes of EC2 instances. */
class StrangeMessagesError extends Error {
  override readonly name = "StrangeMessagesError";
  constructor({ length, 0: first }: readonly Message[]) {
    super(
      `The queue delivered ${counted(length, "message")} that cannot be read as a state change of an EC2 instance, for example ${first?.messageId}. After several deliveries they are in the dead-letter queue. Read them there and stop their sender.`,
    );
  }
}

const nothing = { returned: [], foreign: 0, nodes: 0, trouble: [] };

async function takeOfPlace(changes: readonly StateChange[], taker: Taker): Promise<Omit<Taken, "messages">> {
  const [{ account = "", region = "" } = {}] = changes;
  const place = { account, region };
  if (Date.now() >= taker.until) return { ...nothing, returned: changes };
  let unfinished = new Set(changes.map(({ instanceId }) => instanceId));
  const returning = () => changes.filter(({ instanceId }) => unfinished.has(instanceId));
  try {
    const clients = await taker.clientsOf(place);
    if (!clients) return { ...nothing, foreign: changes.length };
    const listedAt = taker.now();
    const found = await readInstancesById(clients.ec2, [...unfinished]);
    const nodes = found.filter((instance) => mayBeNode(instance, taker.isAudited));
    unfinished = idsOf(nodes);
    const instances = nodes.filter((instance) => !isPending(instance));
    const audited = instances.length > 0 ? await taker.audit(clients, place, { instances, listedAt }) : undefined;
    unfinished = idsOf(nodes.filter(isPending)).union(audited?.unfinished ?? new Set());
    return { ...nothing, returned: returning(), nodes: nodes.length, trouble: audited?.trouble ?? [] };
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return { ...nothing, returned: returning(), trouble: [error] };
  }
}

/** EC2 is eventually consistent: for a moment it may still return "pending" for an instance that runs. */
function isPending({ State }: TaggedInstance): boolean {
  return State?.Name === "pending";
}

function idsOf(instances: readonly TaggedInstance[]): Set<string> {
  return new Set(instances.map(({ InstanceId }) => InstanceId));
}
