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

/** The data of EKS about a cluster. */
export type EksCluster = Pick<ClusterInventory, "cluster" | "nodeGroups" | "fargateProfiles" | "complete">;

export interface EksClusters {
  /** Names of all clusters in the account-Region, audited or not. */
  known: ReadonlySet<string>;
  audited: readonly EksCluster[];
  /** Names of clusters that were deleted after EKS listed them and before it described them. */
  gone: readonly string[];
  /** Errors of EKS calls. The run continues without their data and fails at its end. */
  trouble: readonly Error[];
}

/** Maximum number of clusters read at the same time. The client's pace is usually the lower limit. */
const clustersAtOnce = 10;

/**
 * Lists all clusters of the account-Region and describes those that `isAudited` accepts. Without `capacity`, node groups and
 * Fargate profiles are not read.
 */
export async function readClusters(
  eks: EKSClient,
  place: Place,
  isAudited: (name: string) => boolean,
  { capacity = true } = {},
): Promise<EksClusters> {
  const names = await listClusters(eks);
  const trouble: Error[] = [];
  const gone: string[] = [];
  const read = await inParallel(clustersAtOnce, names.filter(isAudited), async (name) => {
    try {
      return [await readCluster(eks, place, name, trouble, capacity)];
    } catch (error) {
      if (!(error instanceof ResourceNotFoundException)) throw error;
      gone.push(name);
      return [];
    }
  });
  const known = new Set(names).difference(new Set(gone));
  return { known, audited: read.flat(), gone, trouble };
}

/** The names of all clusters of the account-Region. */
export function listClusters(eks: EKSClient): Promise<string[]> {
  return listed(paginateListClusters({ client: eks }, {}), ({ clusters }) => clusters);
}

/** Describes a cluster. Throws only if the cluster does not exist. The data of any other failed call is left out and its error is added to `trouble`. */
async function readCluster(
  eks: EKSClient,
  place: Place,
  name: string,
  trouble: Error[],
  capacity: boolean,
): Promise<EksCluster> {
  let complete = true;
  const orElse = <T>(fallback: T, call: Promise<T>): Promise<T> =>
    call.catch((error: unknown) => {
      if (error instanceof ResourceNotFoundException || !(error instanceof Error)) throw error;
      trouble.push(error);
      complete = false;
      return fallback;
    });
  const ofCluster = { clusterName: name };
  const [cluster, nodeGroups, fargateProfiles] = await Promise.all([
    orElse(undescribed(place, name), describe(eks, place, name)),
    !capacity
      ? []
      : orElse(
          [],
          listed(paginateListNodegroups({ client: eks }, ofCluster), ({ nodegroups }) => nodegroups),
        ),
    !capacity
      ? []
      : orElse(
          [],
          listed(paginateListFargateProfiles({ client: eks }, ofCluster), (page) => page.fargateProfileNames),
        ),
  ]);
  return { cluster, nodeGroups, fargateProfiles, complete };
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
function undescribed({ partition, region, account }: Place, name: string): Cluster {
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
