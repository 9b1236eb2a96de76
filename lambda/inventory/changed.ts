import type { Clients } from "../aws/clients.ts";
import { claimedClusters } from "../domain/node-tags.ts";
import type { Place } from "../domain/place.ts";
import { isYoung } from "../domain/young.ts";
import { readClusters } from "./clusters.ts";
import { isProviderManaged, type TaggedInstance, tagsOf, toNode } from "./instances.ts";
import { assign, type Inventory } from "./inventory.ts";
import { confirmRegistrations, findRegistrations } from "./registrations.ts";

/**
 * Whether the instance may be a node of an audited cluster that SSM can reach. The function makes no call, so that other
 * instances cost nothing more.
 */
export function mayBeNode(instance: TaggedInstance, isAudited: (cluster: string) => boolean): boolean {
  return !isProviderManaged(instance) && claimedClusters(tagsOf(instance)).some(isAudited);
}

/**
 * Takes the inventory of instances that changed their state. Running instances become nodes. The clusters of all instances
 * are read without node groups and Fargate profiles. Registrations are confirmed only for nodes that had time to register.
 */
export async function takeInventoryOf(
  clients: Pick<Clients, "eks" | "ssm">,
  place: Place,
  isAudited: (cluster: string) => boolean,
  instances: readonly TaggedInstance[],
  now: number,
): Promise<Inventory> {
  const running = instances.filter(({ State }) => State?.Name === "running");
  const claimed = new Set(instances.flatMap((each) => claimedClusters(tagsOf(each))));
  const isConcerned = (name: string) => claimed.has(name) && isAudited(name);
  const [eksClusters, { registrations }] = await Promise.all([
    readClusters(clients.eks, place, isConcerned, { capacity: false }),
    findRegistrations(clients.ssm, idsOf(running)),
  ]);
  const { known } = eksClusters;
  const { members, problems } = assign(running, known, isAudited);
  const grown = running.filter(({ LaunchTime }) => !isYoung(LaunchTime, now));
  const trouble = [...eksClusters.trouble, ...(await confirmRegistrations(clients.ssm, registrations, idsOf(grown)))];
  const clusters = eksClusters.audited.map((eksCluster) => {
    const { name } = eksCluster.cluster;
    const nodes = (members.get(name) ?? []).map((each) =>
      toNode(each, name, place, registrations.get(each.InstanceId)),
    );
    return { ...eksCluster, nodes, providerManaged: 0, emptyNodeGroups: [] };
  });
  return { known, clusters, registrations, problems, trouble };
}

function idsOf(instances: readonly TaggedInstance[]): string[] {
  return instances.map(({ InstanceId }) => InstanceId);
}
