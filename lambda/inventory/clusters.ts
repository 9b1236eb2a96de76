import {
  DescribeClusterCommand,
  type EKSClient,
  paginateListClusters,
  paginateListFargateProfiles,
  paginateListNodegroups,
  ResourceNotFoundException,
} from "@aws-sdk/client-eks";
import { inParallel } from "../aws/parallel.ts";
import type { ClusterInventory } from "../domain/capacity.ts";
import type { Cluster } from "../domain/node.ts";
import type { Place } from "../domain/place.ts";

/** The data that EKS returns about a cluster. */
export interface EksCluster extends Pick<ClusterInventory, "cluster" | "nodeGroups" | "fargateProfiles" | "complete"> {
  /** Errors of EKS calls. The run continues without their data and fails at its end. */
  trouble: readonly Error[];
}

/** Maximum number of clusters read at the same time. The client's pace is usually the stricter limit. */
const clustersAtOnce = 10;

/**
 * Begins to describe these clusters, in order, and returns the promise of each. The value is undefined if the cluster
 * was deleted meanwhile. Without `capacity`, node groups and Fargate profiles are not read.
 */
export function describeClusters(
  eks: EKSClient,
  place: Place,
  names: readonly string[],
  { capacity = true } = {},
): ReadonlyMap<string, Promise<EksCluster | undefined>> {
  const pending = names.map((name) => ({ name, ...Promise.withResolvers<EksCluster | undefined>() }));
  void inParallel(clustersAtOnce, pending, ({ name, resolve, reject }) =>
    readCluster(eks, place, name, capacity).then(resolve, reject),
  );
  // The caller sees the rejection when it awaits the promise. This line only prevents the unhandled-rejection warning
  // until then.
  for (const { promise } of pending) promise.catch(() => undefined);
  return new Map(pending.map(({ name, promise }) => [name, promise]));
}

/** The names of all clusters of the account-Region. */
export function listClusters(eks: EKSClient): Promise<string[]> {
  return listed(paginateListClusters({ client: eks }, {}), ({ clusters }) => clusters);
}

/** Describes a cluster; undefined if it does not exist. If a call fails for another reason, its data is left out. */
async function readCluster(
  eks: EKSClient,
  place: Place,
  name: string,
  capacity: boolean,
): Promise<EksCluster | undefined> {
  const trouble: Error[] = [];
  const orElse = <T>(fallback: T, call: Promise<T>): Promise<T> =>
    call.catch((error: unknown) => {
      if (error instanceof ResourceNotFoundException || !(error instanceof Error)) throw error;
      trouble.push(error);
      return fallback;
    });
  const namesFrom = <Page>(pages: AsyncIterable<Page>, namesOn: (page: Page) => string[] | undefined) =>
    capacity ? orElse([], listed(pages, namesOn)) : [];
  const ofCluster = { clusterName: name };
  try {
    const [cluster, nodeGroups, fargateProfiles] = await Promise.all([
      orElse(undescribed(place, name), describe(eks, place, name)),
      namesFrom(paginateListNodegroups({ client: eks }, ofCluster), ({ nodegroups }) => nodegroups),
      namesFrom(paginateListFargateProfiles({ client: eks }, ofCluster), (page) => page.fargateProfileNames),
    ]);
    return { cluster, nodeGroups, fargateProfiles, complete: trouble.length === 0, trouble };
  } catch (error) {
    if (error instanceof ResourceNotFoundException) return undefined;
    throw error;
  }
}

async function describe(eks: EKSClient, place: Place, name: string): Promise<Cluster> {
  const { cluster = {} } = await eks.send(new DescribeClusterCommand({ name }));
  const { arn, version, status, certificateAuthority, computeConfig, createdAt } = cluster;
  return {
    ...undescribed(place, name),
    ...(arn && { arn }),
    ...(version && { version }),
    ...(status && { status }),
    ...(certificateAuthority?.data && { certificateAuthority: certificateAuthority.data }),
    ...(createdAt && { createdAt: createdAt.toISOString() }),
    autoMode: computeConfig?.enabled ?? false,
  };
}

/** A cluster of which only the name is known. */
export function undescribed({ partition, region, account }: Place, name: string): Cluster {
  return { name, arn: `arn:${partition}:eks:${region}:${account}:cluster/${name}`, autoMode: false };
}

/** The names on all pages, without duplicates. */
async function listed<Page>(
  pages: AsyncIterable<Page>,
  namesOn: (page: Page) => string[] | undefined,
): Promise<string[]> {
  const names = new Set<string>();
  for await (const page of pages) for (const name of namesOn(page) ?? []) names.add(name);
  return [...names];
}
