import type { Clients } from "../aws/clients.ts";
import { inParallel } from "../aws/parallel.ts";
import type { Place } from "../domain/place.ts";
import type { Outcome } from "../domain/summary.ts";
import { mayBeNode } from "../inventory/changed.ts";
import { readInstancesById, type TaggedInstance } from "../inventory/instances.ts";
import { returnMessages } from "./return-messages.ts";
import type { Message, StateChange, StateChanges } from "./state-changes.ts";

/** Seconds after which the queue delivers a message again, when the node is still starting or an error occurred. */
const pause = 180;

/** Maximum number of account-Regions audited at the same time. AWS limits the rates of calls for each separately. */
const placesAtOnce = 5;

/** The result of a run over some instances. */
interface Audited {
  outcomes: readonly Outcome[];
  trouble: readonly Error[];
}

/** What processing the state changes needs. */
export interface Taker {
  queueUrl: string;
  isAudited(cluster: string): boolean;
  /** Returns clients for the account-Region; rejects when it is not to be audited. */
  clientsOf(place: Pick<Place, "account" | "region">): Promise<Clients>;
  audit(
    clients: Clients,
    place: Pick<Place, "account" | "region">,
    instances: readonly TaggedInstance[],
  ): Promise<Audited>;
}

/** The result of one invocation. */
export interface Taken {
  messages: number;
  /** Messages that the queue delivers again. */
  returned: readonly Message[];
  /** Instances of audited clusters. */
  nodes: number;
  trouble: readonly Error[];
}

/**
 * Audits the instances that changed their state, by account-Region. The auditor reads the current state from EC2, because an
 * event may be late, repeated or out of order. A message returns to the queue while its node is starting, when it cannot be
 * parsed, and after an error in its account-Region. After several attempts the queue moves it to the dead-letter queue.
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
  return {
    messages: changes.length + strange.length,
    returned,
    nodes: taken.reduce((sum, { nodes }) => sum + nodes, 0),
    trouble: [...taken.flatMap(({ trouble }) => trouble), ...errors],
  };
}

async function takeOfPlace(changes: readonly StateChange[], taker: Taker): Promise<Omit<Taken, "messages">> {
  const [{ account = "", region = "" } = {}] = changes;
  const place = { account, region };
  let concerned = new Set(changes.map(({ instanceId }) => instanceId));
  const returning = (ids: ReadonlySet<string>) => changes.filter(({ instanceId }) => ids.has(instanceId));
  try {
    const clients = await taker.clientsOf(place);
    const found = await readInstancesById(clients.ec2, [...concerned]);
    const nodes = found.filter((instance) => mayBeNode(instance, taker.isAudited));
    concerned = idsOf(nodes);
    const [pending, settled] = [nodes.filter(isPending), nodes.filter((instance) => !isPending(instance))];
    const { outcomes, trouble } =
      settled.length > 0 ? await taker.audit(clients, place, settled) : { outcomes: [], trouble: [] };
    const starting = outcomes.flatMap(({ node, unreadable }) =>
      unreadable?.code === "STARTING" ? [node.instanceId] : [],
    );
    const again = trouble.length > 0 ? concerned : new Set([...idsOf(pending), ...starting]);
    return { returned: returning(again), nodes: nodes.length, trouble };
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return { returned: returning(concerned), nodes: 0, trouble: [error] };
  }
}

/** EC2 is eventually consistent: for a moment it may still return "pending" for an instance that runs. */
function isPending({ State }: TaggedInstance): boolean {
  return State?.Name === "pending";
}

function idsOf(instances: readonly TaggedInstance[]): Set<string> {
  return new Set(instances.map(({ InstanceId }) => InstanceId));
}
