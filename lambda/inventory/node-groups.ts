import { DescribeNodegroupCommand, type EKSClient, ResourceNotFoundException } from "@aws-sdk/client-eks";
import type { EmptyNodeGroup } from "../domain/capacity.ts";

/** Describes an empty node group; undefined when the node group was deleted meanwhile. */
export async function describeEmpty(
  eks: EKSClient,
  cluster: string,
  name: string,
): Promise<EmptyNodeGroup | undefined> {
  try {
    const { nodegroup } = await eks.send(new DescribeNodegroupCommand({ clusterName: cluster, nodegroupName: name }));
    const desired = nodegroup?.scalingConfig?.desiredSize ?? 0;
    return { cluster, name, desired, status: nodegroup?.status ?? "UNKNOWN" };
  } catch (error) {
    if (error instanceof ResourceNotFoundException) return undefined;
    throw error;
  }
}
