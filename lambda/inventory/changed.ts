import type { Clients } from "../aws/clients.ts";
import type { ClusterInventory } from "../domain/capacity.ts";
import { claimedClusters } from "../domain/node-tags.ts";
import type { Place } from "../domain/place.ts";
import { isYoung } from "../domain/young.ts";
import { startAssignment } from "./assignment.ts";
import { describeClusters, listClusters } from "./clusters.ts";
import { isProviderManaged, type TaggedInstance, tagsOf, toNode } from "./instances.ts";
import type { Inventory } from "./inventory.ts";
import { confirmRegistrations, findRegistrations } from "./registrations.ts";

/**
 * Whether the instance may be a node of an audited cluster that SSM can reach. The function makes no call, because most
 * events are about other instances.
 */
export function mayBeNode(instance: TaggedInstance, isAudited: (cluster: string) => boolean): boolean {
  return !isProviderManaged(instance) && claimedClusters(tagsOf(instance)).some(isAudited);
}

/**
 * Takes the inventory of instances that changed their state. Running instances become nodes. The clusters of all
 * instances are read without node groups and Fargate profiles. Registrations are confirmed only for nodes that had time
 * to register.
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
  const names = await listClusters(clients.eks);
  const concerned = names.filter((name) => claimed.has(name) && isAudited(name));
  // Instances of clusters outside EKS can have the same tags.
  const ofEks = running.filter((each) => claimedClusters(tagsOf(each)).some((name) => concerned.includes(name)));
  const ofAgents = findRegistrations(clients.ssm, idsOf(ofEks));
  ofAgents.catch(() => undefined);
  const described = describeClusters(clients.eks, place, concerned, { capacity: false });
  const read = await Promise.all(concerned.map(async (name) => ({ name, eksCluster: await described.get(name) })));
  const gone = read.flatMap(({ name, eksCluster }) => (eksCluster ? [] : name));
  const known = new Set(names).difference(new Set(gone));
  const assignment = startAssignment(known, isAudited);
  const members = Map.groupBy(running, assignment.clusterOf);
  const grown = ofEks.filter(({ LaunchTime }) => !isYoung(LaunchTime, now));
  const found = await ofAgents;
  const { registrations } = found;
  const trouble = [
    ...read.flatMap(({ eksCluster }) => eksCluster?.trouble ?? []),
    ...(await confirmRegistrations(clients.ssm, found, idsOf(grown))),
  ];
  const clusters = read.flatMap(({ name, eksCluster }) => {
    const nodes = (members.get(name) ?? []).map((each) =>
      toNode(each, name, place, registrations.get(each.InstanceId)),
    );
    return eksCluster ? { ...eksCluster, nodes, providerManaged: 0, emptyNodeGroups: [] } : [];
  });
  const describe = async (cluster: ClusterInventory) => ({ cluster, problems: [], trouble: [] });
  return { known, clusters, registrations, problems: assignment.problems(), trouble, describe };
}

function idsOf(instances: readonly TaggedInstance[]): string[] {
  return instances.map(({ InstanceId }) => InstanceId);
}
