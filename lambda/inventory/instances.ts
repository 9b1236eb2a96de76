import { type EC2Client, type Filter, type Instance, paginateDescribeInstances } from "@aws-sdk/client-ec2";
import type { Node } from "../domain/node.ts";
import { nodeGroupOf, nodeTagKeys } from "../domain/node-tags.ts";
import type { Place } from "../domain/place.ts";
import type { Registration } from "../domain/registration.ts";
import { osFamily } from "./registrations.ts";

/** Instances on a page, EC2's most. Source: Amazon EC2 API Reference, DescribeInstances. */
const pageSize = 1_000;

/** What of an instance is looked at; EC2 tells ten times as much, for which memory has no room with many nodes. */
export type TaggedInstance = Pick<
  Instance,
  | "Architecture"
  | "ImageId"
  | "InstanceType"
  | "LaunchTime"
  | "Operator"
  | "Platform"
  | "State"
  | "SubnetId"
  | "Tags"
  | "VpcId"
> & { InstanceId: string };

/** Values of one filter, EC2's most. Source: Amazon EC2 API Reference, "Filter". */
const idsPerCall = 200;

/** Every running instance with a tag of an EKS node, each once. */
export function readInstances(client: EC2Client): Promise<TaggedInstance[]> {
  return listInstances(client, [
    { Name: "tag-key", Values: nodeTagKeys },
    { Name: "instance-state-name", Values: ["running"] },
  ]);
}

/** These instances in whatever state they are, without those that EC2 no longer lists or does not list yet. */
export async function readInstancesById(client: EC2Client, ids: readonly string[]): Promise<TaggedInstance[]> {
  const instances: TaggedInstance[] = [];
  // A filter tolerates an id that EC2 does not know; the parameter InstanceIds would reject the call.
  for (let start = 0; start < ids.length; start += idsPerCall)
    instances.push(
      ...(await listInstances(client, [{ Name: "instance-id", Values: ids.slice(start, start + idsPerCall) }])),
    );
  return instances;
}

async function listInstances(client: EC2Client, Filters: Filter[]): Promise<TaggedInstance[]> {
  const instances = new Map<string, TaggedInstance>();
  const query = {
    Filters,
    // Without it EC2 may hide Auto Mode's instances. Source: Amazon EC2 API Reference, GetManagedResourceVisibility.
    IncludeManagedResources: true,
  };
  for await (const { Reservations = [] } of paginateDescribeInstances({ client, pageSize }, query)) {
    for (const instance of Reservations.flatMap(({ Instances = [] }) => Instances)) {
      if (isNamed(instance)) instances.set(instance.InstanceId, keep(instance));
    }
  }
  return [...instances.values()];
}

function isNamed(instance: Instance): instance is Instance & { InstanceId: string } {
  return instance.InstanceId !== undefined;
}

function keep(instance: Instance & { InstanceId: string }): TaggedInstance {
  const { InstanceId, Architecture, ImageId, InstanceType, LaunchTime, Operator, Platform, ...rest } = instance;
  const { State, SubnetId, Tags, VpcId } = rest;
  return {
    ...{ InstanceId, Architecture, ImageId, InstanceType, LaunchTime, Operator, Platform },
    ...{ State, SubnetId, Tags, VpcId },
  };
}

/**
 * EKS runs the instance itself (Auto Mode), and SSM does not reach it. The operator decides, not the tags: Karpenter sets the same ones.
 * Source: Amazon EC2 API Reference, OperatorResponse.
 */
export function isProviderManaged({ Operator }: Pick<Instance, "Operator">): boolean {
  return Operator?.Managed === true && (Operator.Principal ?? "").startsWith("eks.");
}

export function tagsOf({ Tags = [] }: Pick<Instance, "Tags">): Record<string, string> {
  return Object.fromEntries(Tags.map(({ Key = "", Value = "" }) => [Key, Value]));
}

export function toNode(
  instance: TaggedInstance,
  cluster: string,
  place: Place,
  registration: Registration | undefined,
): Node {
  const { InstanceId, Architecture, InstanceType, ImageId, VpcId, SubnetId, LaunchTime, Platform } = instance;
  const tags = tagsOf(instance);
  return {
    instanceId: InstanceId,
    arn: `arn:${place.partition}:ec2:${place.region}:${place.account}:instance/${InstanceId}`,
    cluster,
    group: nodeGroupOf(tags),
    os: osFamily(Platform, registration),
    ...(Architecture && { architecture: Architecture }),
    ...(InstanceType && { instanceType: InstanceType }),
    ...(ImageId && { imageId: ImageId }),
    ...(VpcId && { vpcId: VpcId }),
    ...(SubnetId && { subnetId: SubnetId }),
    ...(LaunchTime && { launchedAt: LaunchTime.toISOString() }),
    tags,
  };
}
