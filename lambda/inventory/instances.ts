import { type EC2Client, type Filter, type Instance, paginateDescribeInstances } from "@aws-sdk/client-ec2";
import { chunk } from "../aws/chunk.ts";
import { oneAhead } from "../aws/parallel.ts";
import type { Node } from "../domain/node.ts";
import { clusterFilters, nodeGroupOf, nodeTagKeys } from "../domain/node-tags.ts";
import type { Place } from "../domain/place.ts";
import type { Registration } from "../domain/registration.ts";
import { osFamily } from "./registrations.ts";

/** Maximum number of instances on a page. Source: Amazon EC2 API Reference, DescribeInstances. */
const pageSize = 1_000;

/**
 * The fields of an instance that the auditor uses. EC2 returns ten times as much data, which would exhaust the memory
 * with many nodes.
 */
export type TaggedInstance = Pick<
  Instance,
  | "Architecture"
  | "ImageId"
  | "InstanceType"
  | "LaunchTime"
  | "Operator"
  | "Platform"
  | "PrivateDnsName"
  | "State"
  | "SubnetId"
  | "Tags"
  | "VpcId"
> & { InstanceId: string };

/** Takes a page of instances. The next page is requested meanwhile. */
type Visit = (instances: readonly TaggedInstance[]) => void | Promise<void>;

/** Maximum number of values in one filter. Source: Amazon EC2 API Reference, "Filter". */
const idsPerCall = 200;

/**
 * Calls `visit` with every running instance that has a tag of an EKS node, page by page, so that not all of them are in
 * memory. With `cluster`, only instances whose tags name it are visited; an instance can then be visited several times.
 */
export async function visitInstances(client: EC2Client, visit: Visit, cluster?: string): Promise<void> {
  const running = { Name: "instance-state-name", Values: ["running"] };
  // A filter by several tags finds only instances with all of them.
  const filters = cluster === undefined ? [{ Name: "tag-key", Values: nodeTagKeys }] : clusterFilters(cluster);
  await Promise.all(filters.map((filter) => visitPages(client, [filter, running], visit)));
}

/** The instances with these ids in any state. Ids that EC2 does not list are left out. */
export async function readInstancesById(client: EC2Client, ids: readonly string[]): Promise<TaggedInstance[]> {
  const instances = new Map<string, TaggedInstance>();
  const visit: Visit = (page) => {
    for (const instance of page) instances.set(instance.InstanceId, instance);
  };
  // A filter ignores unknown ids. With the parameter InstanceIds, EC2 would reject the whole call.
  for (const Values of chunk(ids, idsPerCall)) await visitPages(client, [{ Name: "instance-id", Values }], visit);
  return [...instances.values()];
}

async function visitPages(client: EC2Client, Filters: Filter[], visit: Visit) {
  const query = {
    Filters,
    // Without this parameter EC2 may hide the instances of Auto Mode. Source: Amazon EC2 API Reference,
    // GetManagedResourceVisibility.
    IncludeManagedResources: true,
  };
  for await (const { Reservations = [] } of oneAhead(paginateDescribeInstances({ client, pageSize }, query))) {
    await visit(
      Reservations.flatMap(({ Instances = [] }) => Instances)
        .filter(isNamed)
        .map(keep),
    );
  }
}

function isNamed(instance: Instance): instance is Instance & { InstanceId: string } {
  return instance.InstanceId !== undefined;
}

function keep(instance: Instance & { InstanceId: string }): TaggedInstance {
  const { InstanceId, Architecture, ImageId, InstanceType, LaunchTime, Operator, Platform, ...rest } = instance;
  const { PrivateDnsName, State, SubnetId, Tags, VpcId } = rest;
  return {
    ...{ InstanceId, Architecture, ImageId, InstanceType, LaunchTime, Operator, Platform },
    ...{ PrivateDnsName, State, SubnetId, Tags, VpcId },
  };
}

/**
 * Whether EKS Auto Mode runs the instance; SSM does not reach such instances. The function reads the operator, because
 * Karpenter sets the same tags.
 * Source: Amazon EC2 API Reference, OperatorResponse.
 */
export function isProviderManaged({ Operator }: Pick<Instance, "Operator">): boolean {
  return Operator?.Managed === true && (Operator.Principal ?? "").startsWith("eks.");
}

export function tagsOf({ Tags = [] }: Pick<Instance, "Tags">): Record<string, string> {
  return Object.fromEntries(Tags.map(({ Key = "", Value = "" }) => [Key, Value]));
}

/** The instance as a node. Without the registration, its operating system is "windows" or "linux". */
export function toNode(instance: TaggedInstance, cluster: string, place: Place, registration?: Registration): Node {
  const { InstanceId, Architecture, InstanceType, ImageId, VpcId, SubnetId, LaunchTime, Platform } = instance;
  const { PrivateDnsName } = instance;
  const tags = tagsOf(instance);
  return {
    instanceId: InstanceId,
    arn: `arn:${place.partition}:ec2:${place.region}:${place.account}:instance/${InstanceId}`,
    cluster,
    group: nodeGroupOf(tags),
    os: osFamily(Platform, registration),
    ...(Architecture && { architecture: Architecture }),
    ...(InstanceType && { instanceType: InstanceType }),
    ...(PrivateDnsName && { privateDnsName: PrivateDnsName }),
    ...(ImageId && { imageId: ImageId }),
    ...(VpcId && { vpcId: VpcId }),
    ...(SubnetId && { subnetId: SubnetId }),
    ...(LaunchTime && { launchedAt: LaunchTime.toISOString() }),
    tags,
  };
}
