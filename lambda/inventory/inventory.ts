import type { EKSClient } from "@aws-sdk/client-eks";
import type { Clients } from "../aws/clients.ts";
import { inParallel } from "../aws/parallel.ts";
import type { ClusterInventory, EmptyNodeGroup } from "../domain/capacity.ts";
import type { Cluster, Node } from "../domain/node.ts";
import type { Place } from "../domain/place.ts";
import type { Registration, Registrations } from "../domain/registration.ts";
import { type Owns, ownsAll } from "../domain/scope.ts";
import { idsIn, notListed, startAssignment } from "./assignment.ts";
import { describeClusters, type EksCluster, listClusters, undescribed } from "./clusters.ts";
import { type HybridNodes, readHybridNodes } from "./hybrid.ts";
import { isProviderManaged, type TaggedInstance, toNode, visitInstances } from "./instances.ts";
import { describeEmpty } from "./node-groups.ts";
import {
  confirmRegistrations,
  isReachable,
  osFamily,
  readRegistrations,
  readRegistrationsOf,
} from "./registrations.ts";

/** The nodes of an account-Region. Their clusters are described while the run already queries the nodes. */
export interface Inventory {
  /** Names of all clusters in the account-Region, audited or not. */
  known: ReadonlySet<string>;
  /**
   * The audited clusters with their nodes in the coverage. They do not contain EKS's description of the cluster, which
   * `describe` returns.
   */
  clusters: readonly ClusterInventory[];
  registrations: Registrations;
  /** Problems of nodes and clusters, one sentence each. */
  problems: readonly string[];
  /** Errors of calls to AWS. The run continues without their data and fails at its end. */
  trouble: readonly Error[];
  describe(cluster: ClusterInventory): Promise<Described>;
}

/** A described cluster, with its problems and the errors of the calls. */
export interface Described extends Pick<Inventory, "problems" | "trouble"> {
  /** Absent if the cluster was deleted after EKS had listed it. */
  cluster?: ClusterInventory;
}

/** The part of an account-Region that a run covers: one cluster, or some instances of it. */
interface Coverage {
  cluster?: string | undefined;
  owns?: Owns;
  /**
   * Called after each page of instances with the nodes that SSM lists as online, each of them once. If the run covers
   * one cluster, the list is always empty, because the registrations are read after all instances.
   */
  onOnline?(nodes: readonly Node[]): void;
}

/**
 * Maximum number of clusters whose hybrid nodes are listed at the same time. The client's pace is usually the lower
 * limit.
 */
const clustersAtOnce = 10;

/**
 * Lists the running instances whose tags name an audited cluster, or the one that the coverage names. The cluster of a
 * node does not depend on the coverage, so that runs with different scopes agree on it. Only nodes and registrations in
 * the coverage are kept, so that memory does not grow with the account-Region.
 */
export async function takeInventory(
  clients: Clients,
  place: Place,
  isAudited: (cluster: string) => boolean,
  hybrid = false,
  { cluster: only, owns = ownsAll, onOnline = () => undefined }: Coverage = {},
): Promise<Inventory> {
  // The registrations of all instances are listed while EC2 lists the instances. With one cluster, the call has to
  // wait, because it needs the ids of the cluster's instances.
  const listedSoFar = new Map<string, Registration>();
  const all = only === undefined ? readRegistrations(clients.ssm, owns, { registrations: listedSoFar }) : undefined;
  all?.catch(() => undefined);
  const naming = listClusters(clients.eks).then((names) => {
    const known = new Set(names);
    const audited = names.filter((name) => isAudited(name) && name === (only ?? name));
    return {
      known,
      described: describeClusters(clients.eks, place, audited),
      assignment: startAssignment(known, isAudited),
      members: new Map(audited.map((name) => [name, noMembers()])),
    };
  });
  const notOnline = new Set<Node>();
  const visiting = visitInstances(
    clients.ec2,
    async (page) => {
      const { assignment, members } = await naming;
      for (const instance of page) {
        const name = assignment.clusterOf(instance) ?? "";
        const ofCluster = members.get(name);
        const node = ofCluster && addTo(ofCluster, instance, toNode(instance, name, place), owns);
        if (node) notOnline.add(node);
      }
      const online = [...notOnline].filter(({ instanceId }) => isReachable(listedSoFar.get(instanceId)));
      for (const node of online) {
        node.os = osFamily(node.os, listedSoFar.get(node.instanceId));
        notOnline.delete(node);
      }
      onOnline(online);
    },
    only,
  );
  const [{ known, described, assignment, members }] = await Promise.all([naming, visiting]);
  const ids = [...members.values()].flatMap(({ nodes }) => [...nodes.keys()]);
  const ofAgents = await (all ?? readRegistrationsOf(clients.ssm, ids));
  const { registrations, problem = [] } = ofAgents;
  const trouble = await confirmRegistrations(clients.ssm, ofAgents, ids);
  const clusters = await inParallel(clustersAtOnce, [...members], async ([name, { nodes, managed }]) => {
    for (const node of nodes.values()) node.os = osFamily(node.os, registrations.get(node.instanceId));
    const cluster = undescribed(place, name);
    const ofSsm = hybrid ? await readHybrid(clients, cluster, place, trouble) : noHybridNodes;
    const hybridNodes = ofSsm.nodes.filter(({ instanceId }) => owns(instanceId));
    for (const { instanceId } of hybridNodes) registrations.set(instanceId, ofSsm.registrations.get(instanceId) ?? {});
    return {
      cluster,
      nodeGroups: [],
      fargateProfiles: [],
      complete: ofSsm.complete,
      nodes: [...nodes.values(), ...hybridNodes],
      providerManaged: managed.size,
      emptyNodeGroups: [],
    };
  });
  const describe = async (listed: ClusterInventory): Promise<Described> => {
    const { name } = listed.cluster;
    const eksCluster = await described.get(name);
    if (!eksCluster) return { problems: problemsOfGone(listed), trouble: [] };
    const empty = await readEmptyNodeGroups(clients.eks, eksCluster, members.get(name)?.groups ?? new Set());
    const { trouble, ...rest } = eksCluster;
    const complete = rest.complete && listed.complete;
    const cluster = { ...listed, ...rest, complete, emptyNodeGroups: empty.groups };
    return { cluster, problems: starved(cluster), trouble: [...trouble, ...empty.trouble] };
  };
  return { known, clusters, registrations, problems: assignment.problems().concat(problem), trouble, describe };
}

/** The inventory with all clusters described, for a run that has nothing else to do meanwhile. */
export async function takeWholeInventory(...parts: Parameters<typeof takeInventory>): Promise<Inventory> {
  const inventory = await takeInventory(...parts);
  const described = await Promise.all(inventory.clusters.map(inventory.describe));
  const gone = inventory.clusters.filter((_, index) => !described[index]?.cluster);
  return {
    ...inventory,
    known: inventory.known.difference(new Set(gone.map(({ cluster }) => cluster.name))),
    clusters: described.flatMap(({ cluster }) => cluster ?? []),
    problems: [...inventory.problems, ...described.flatMap(({ problems }) => problems)],
    trouble: [...inventory.trouble, ...described.flatMap(({ trouble }) => trouble)],
  };
}

/** The instances of one cluster, from all pages of EC2. */
interface Members {
  /** Nodes in the coverage by id. */
  nodes: Map<string, Node>;
  /** Ids of the instances of Auto Mode. */
  managed: Set<string>;
  /** Names of the managed node groups with an instance. */
  groups: Set<string>;
}

/** Adds an instance. Returns its node unless the node is outside the coverage or was on an earlier page. */
function addTo({ nodes, managed, groups }: Members, instance: TaggedInstance, node: Node, owns: Owns) {
  const { instanceId, group } = node;
  if (isProviderManaged(instance)) {
    managed.add(instanceId);
    return undefined;
  }
  if (group.kind === "managed node group" && group.name) groups.add(group.name);
  if (!owns(instanceId) || nodes.has(instanceId)) return undefined;
  nodes.set(instanceId, node);
  return node;
}

function noMembers(): Members {
  return { nodes: new Map(), managed: new Set(), groups: new Set() };
}

function problemsOfGone({ cluster: { name }, nodes }: ClusterInventory): string[] {
  const ids = nodes.map(({ instanceId }) => instanceId);
  const nodesOfGone = ids.length > 0 ? [`${notListed([name])}: ${idsIn(ids)}`] : [];
  return [`cluster ${name} was deleted during the run`, ...nodesOfGone];
}

const noHybridNodes: HybridNodes & { complete: boolean } = { nodes: [], registrations: new Map(), complete: true };

/**
 * Reads the hybrid nodes. If that fails, the run continues without them and the inventory of the cluster counts as
 * incomplete.
 */
async function readHybrid({ ssm }: Clients, cluster: Cluster, place: Place, trouble: Error[]) {
  try {
    return { ...(await readHybridNodes(ssm, cluster, place)), complete: true };
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    trouble.push(error);
    return { ...noHybridNodes, complete: false };
  }
}

/** Describes the node groups without an instance. If that fails, the run continues without them. */
async function readEmptyNodeGroups(
  eks: EKSClient,
  { cluster, nodeGroups }: EksCluster,
  populated: ReadonlySet<string>,
): Promise<{ groups: EmptyNodeGroup[]; trouble: Error[] }> {
  const groups: EmptyNodeGroup[] = [];
  try {
    for (const name of nodeGroups.filter((group) => !populated.has(group))) {
      const group = await describeEmpty(eks, cluster.name, name);
      if (group) groups.push(group);
    }
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return { groups: [], trouble: [error] };
  }
  return { groups, trouble: [] };
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
