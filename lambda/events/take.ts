import type { Clients } from "../aws/clients.ts";
import { inParallel } from "../aws/parallel.ts";
import type { Place } from "../domain/place.ts";
import type { Outcome } from "../domain/summary.ts";
import { mayBeNode } from "../inventory/changed.ts";
import { readInstancesById, type TaggedInstance } from "../inventory/instances.ts";
import { returnMessages } from "./return-messages.ts";
import type { Message, StateChange, StateChanges } from "./state-changes.ts";

/** Seconds after which the queue hands out a message again: of a node that is still starting, or after an error. */
const pause = 180;

/** Account-Regions audited at the same time. Each has rates of its own. */
const placesAtOnce = 5;

/** What became of a run over some instances. */
interface Audited {
  outcomes: readonly Outcome[];
  trouble: readonly Error[];
}

/** How state changes are taken. */
export interface Taker {
  queueUrl: string;
  isAudited(cluster: string): boolean;
  /** Clients of the account-Region; an error when it is not to be audited. */
  clientsOf(place: Pick<Place, "account" | "region">): Promise<Clients>;
  audit(
    clients: Clients,
    place: Pick<Place, "account" | "region">,
    instances: readonly TaggedInstance[],
  ): Promise<Audited>;
}

/** What became of the messages of one invocation. */
export interface Taken {
  messages: number;
  /** Messages that the queue hands out again. */
  returned: readonly Message[];
  /** Instances of audited clusters. */
  nodes: number;
  trouble: readonly Error[];
}

/**
 * Audits the instances that changed their state, account-Region by account-Region. The state is the one that EC2 returns now:
 * an event may be late, doubled or out of order. A message goes back to the queue while its node is starting, when it is not
 * understood and after an error of its account-Region. The queue gives up such a message in the end.
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

/** EC2 answers from several places, some of which may not have heard yet that the instance runs. */
function isPending({ State }: TaggedInstance): boolean {
  return State?.Name === "pending";
}

function idsOf(instances: readonly TaggedInstance[]): Set<string> {
  return new Set(instances.map(({ InstanceId }) => InstanceId));
}
