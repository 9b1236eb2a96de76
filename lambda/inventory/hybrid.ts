import { type InstanceInformation, paginateDescribeInstanceInformation, type SSMClient } from "@aws-sdk/client-ssm";
import type { Cluster, Node } from "../domain/node.ts";
import { hybridTag } from "../domain/node-tags.ts";
import type { Place } from "../domain/place.ts";
import type { Registration } from "../domain/registration.ts";
import { osFamily } from "./registrations.ts";

/** Maximum number of instances on a page. Source: AWS Systems Manager API Reference, DescribeInstanceInformation. */
const pageSize = 50;

export interface HybridNodes {
  nodes: readonly Node[];
  registrations: ReadonlyMap<string, Registration>;
}

/** The hybrid nodes of a cluster that SSM manages, without duplicates. AWS lists no other hybrid nodes. */
export async function readHybridNodes(client: SSMClient, cluster: Cluster, place: Place): Promise<HybridNodes> {
  const nodes = new Map<string, Node>();
  const registrations = new Map<string, Registration>();
  // A tag filter cannot be combined with another filter, and replies contain no tags, so each cluster needs its own
  // call.
  const query = { Filters: [{ Key: `tag:${hybridTag}`, Values: [cluster.arn] }] };
  for await (const page of paginateDescribeInstanceInformation({ client, pageSize }, query)) {
    for (const { InstanceId = "", ...information } of page.InstanceInformationList ?? []) {
      // EC2 instances are found through DescribeInstances.
      if (!InstanceId.startsWith("mi-")) continue;
      nodes.set(InstanceId, toNode(InstanceId, information, cluster, place));
      registrations.set(InstanceId, information);
    }
  }
  return { nodes: [...nodes.values()], registrations };
}

function toNode(instanceId: string, information: InstanceInformation, cluster: Cluster, place: Place): Node {
  const { RegistrationDate, Name } = information;
  return {
    instanceId,
    arn: `arn:${place.partition}:ssm:${place.region}:${place.account}:managed-instance/${instanceId}`,
    cluster: cluster.name,
    group: { kind: "hybrid" },
    os: osFamily(undefined, information),
    ...(RegistrationDate && { launchedAt: RegistrationDate.toISOString() }),
    tags: { [hybridTag]: cluster.arn, ...(Name && { Name }) },
  };
}
