import type { EKSClient } from "@aws-sdk/client-eks";
import type { Clients } from "../aws/clients.ts";
import { inParallel } from "../aws/parallel.ts";
import type { ClusterInventory, EmptyNodeGroup } from "../domain/capacity.ts";
import type { Node } from "../domain/node.ts";
import { claimedClusters } from "../domain/node-tags.ts";
import type { Place } from "../domain/place.ts";
import type { Registrations } from "../domain/registration.ts";
import { listed } from "../text.ts";
import { type EksCluster, readClusters } from "./clusters.ts";
import { type HybridNodes, readHybridNodes } from "./hybrid.ts";
import { isProviderManaged, readInstances, type TaggedInstance, tagsOf, toNode } from "./instances.ts";
import { describeEmpty } from "./node-groups.ts";
import { confirmRegistrations, readRegistrations } from "./registrations.ts";

export interface Inventory {
  /** Names of all clusters in the account-Region, audited or not. */
  known: ReadonlySet<string>;
  clusters: readonly ClusterInventory[];
  registrations: Registrations;
  /** Problems of nodes and clusters, one sentence each. */
  problems: readonly string[];
  /** Errors of calls to AWS. The run continues without their data and fails at its end. */
  trouble: readonly Error[];
}

/** The part of an account-Region that a run covers: one cluster, or some instances of it. */
interface Coverage {
  cluster?: string | undefined;
  owns?: (instanceId: string) => boolean;
}

/** Maximum number of clusters whose node groups are described at the same time. The client's pace is usually the lower limit. */
const nodeGroupsAtOnce = 10;

/**
 * Takes the inventory of every audited cluster, or of the one that the coverage names, with all running instances whose tags
 * name it. The cluster of a node does not depend on the coverage, so that runs with different scopes agree on it. SSM
 * registrations are confirmed only for instances in the coverage.
 */
export async function takeInventory(
  clients: Clients,
  place: Place,
  isAudited: (cluster: string) => boolean,
  hybrid = false,
  { cluster, owns = () => true }: Coverage = {},
): Promise<Inventory> {
  const [eksClusters, instances, ofAgents] = await Promise.all([
    readClusters(clients.eks, place, (name) => isAudited(name) && name === (cluster ?? name)),
    readInstances(clients.ec2),
    readRegistrations(clients.ssm),
  ]);
  const { members, problems } = assign(instances, eksClusters.known, isAudited);
  const { registrations } = ofAgents;
  const audited = eksClusters.audited.flatMap(({ cluster: { name } }) => members.get(name) ?? []);
  const inScope = audited.filter((instance) => !isProviderManaged(instance) && owns(instance.InstanceId));
  const ids = inScope.map(({ InstanceId }) => InstanceId);
  const trouble = [...eksClusters.trouble, ...(await confirmRegistrations(clients.ssm, registrations, ids))];
  const clusters = await inParallel(nodeGroupsAtOnce, eksClusters.audited, async (eksCluster) => {
    const { name } = eksCluster.cluster;
    const [managed, open] = partition(members.get(name) ?? [], isProviderManaged);
    const ofEc2 = open.map((instance) => toNode(instance, name, place, registrations.get(instance.InstanceId)));
    const ofSsm = hybrid ? await readHybrid(clients, eksCluster, place, trouble) : noHybridNodes;
    for (const [id, registration] of ofSsm.registrations) registrations.set(id, registration);
    const nodes = [...ofEc2, ...ofSsm.nodes];
    const emptyNodeGroups = await readEmptyNodeGroups(clients.eks, eksCluster, nodes).catch((error: Error) => {
      trouble.push(error);
      return [];
    });
    const complete = eksCluster.complete && ofSsm.complete;
    return { ...eksCluster, complete, nodes, providerManaged: managed.length, emptyNodeGroups };
  });
  const gone = eksClusters.gone.map((name) => `cluster ${name} was deleted during the run`);
  const { known } = eksClusters;
  const ofSsm = ofAgents.problem ?? [];
  const all = [...gone, ...problems, ...clusters.flatMap(starved)].concat(ofSsm);
  return { known, clusters, registrations, problems: all, trouble };
}

const noHybridNodes: HybridNodes & { complete: boolean } = { nodes: [], registrations: new Map(), complete: true };

/** Reads the hybrid nodes. If that fails, the run continues without them and the inventory of the cluster counts as incomplete. */
async function readHybrid({ ssm }: Clients, { cluster }: EksCluster, place: Place, trouble: Error[]) {
  try {
    return { ...(await readHybridNodes(ssm, cluster, place)), complete: true };
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    trouble.push(error);
    return { ...noHybridNodes, complete: false };
  }
}

async function readEmptyNodeGroups(eks: EKSClient, { cluster, nodeGroups }: EksCluster, nodes: readonly Node[]) {
  const populated = new Set(
    nodes.flatMap(({ group }) => (group.kind === "managed node group" ? (group.name ?? []) : [])),
  );
  const empty: EmptyNodeGroup[] = [];
  for (const name of nodeGroups.filter((group) => !populated.has(group))) {
    const group = await describeEmpty(eks, cluster.name, name);
    if (group) empty.push(group);
  }
  return empty;
}

/** A sentence for every node group whose desired size is above 0 and which has no running node. */
function starved({ emptyNodeGroups }: ClusterInventory): string[] {
  return emptyNodeGroups
    .filter(({ desired }) => desired > 0)
    .map(
      ({ cluster, name, desired, status }) =>
        `node group ${name} of cluster ${cluster} (${status}) should have ${desired} nodes and has none running`,
    );
}

/**
 * Assigns each instance to at most one known cluster, and returns a sentence for each problem. If its tags name several
 * clusters, an audited cluster takes precedence, because otherwise the instance would not be audited.
 */
export function assign(
  instances: readonly TaggedInstance[],
  known: ReadonlySet<string>,
  isAudited: (cluster: string) => boolean,
) {
  const members = new Map<string, TaggedInstance[]>();
  const oddities = new Map<string, string[]>();
  for (const instance of instances) {
    const claimed = claimedClusters(tagsOf(instance));
    const listed = claimed.filter((name) => known.has(name));
    const cluster = listed.find(isAudited) ?? listed[0];
    if (cluster !== undefined) append(members, cluster, instance);
    const oddity = oddityOf(claimed, cluster);
    if (oddity) append(oddities, oddity, instance.InstanceId);
  }
  const problems = [...oddities].map(([oddity, ids]) => `${oddity}: ${listed(ids, { most: idsSpelt })}`);
  return { members, problems };
}

function oddityOf(claimed: readonly string[], cluster: string | undefined): string | undefined {
  if (claimed.length === 0) return "not counted, because the tags mark a node but name no cluster";
  if (cluster === undefined)
    return `not counted, because the tags name ${claimed.join(" and ")}, which EKS does not list here`;
  return claimed.length > 1 ? `the tags name ${claimed.join(" and ")}; counted once, in ${cluster}` : undefined;
}

/** Maximum number of instance ids listed in one problem; further ones are counted. */
const idsSpelt = 10;

function append<Key, Value>(lists: Map<Key, Value[]>, key: Key, value: Value): void {
  const list = lists.get(key);
  if (list) list.push(value);
  else lists.set(key, [value]);
}

function partition<Member>(members: readonly Member[], belongs: (member: Member) => boolean): [Member[], Member[]] {
  return [members.filter(belongs), members.filter((member) => !belongs(member))];
}
