import type { Resource } from "@aws-sdk/client-securityhub";
import type { Cluster, Node } from "../domain/node.ts";
import type { Place } from "../domain/place.ts";
import type { ClusterSubject, NodeSubject } from "../domain/result.ts";
import { fitLine } from "../text.ts";

/** Maximum bytes of a tag's value. Source: Amazon EC2 User Guide, "Tag restrictions". */
const tagValueBytes = 256;

/** Tags that identify an instance. Other tags may be confidential and are not copied. */
const tellingTags = [
  "Name",
  "eks:cluster-name",
  "eks:nodegroup-name",
  "eks:eks-cluster-name",
  "karpenter.sh/nodepool",
  "alpha.eksctl.io/nodegroup-name",
  "EKSClusterARN",
];

/** Built resources. All findings about a subject share its resources, so they are built once. */
const built = new WeakMap<NodeSubject | ClusterSubject, Resource[]>();

export function resourcesOf(subject: NodeSubject | ClusterSubject): Resource[] {
  const known = built.get(subject);
  if (known) return known;
  const ofCluster = clusterResource(subject.cluster, subject.place);
  const resources = subject.kind === "node" ? [nodeResource(subject.node, subject.place), ofCluster] : [ofCluster];
  built.set(subject, resources);
  return resources;
}

/** The properties of an instance that a finding contains. */
type Described = Pick<Node, "arn" | "tags" | "instanceType" | "imageId" | "vpcId" | "subnetId" | "launchedAt">;

export function nodeResource({ arn, tags, ...node }: Described, place: Place): Resource {
  const { instanceType, imageId, vpcId, subnetId, launchedAt } = node;
  const telling = tellingTags.flatMap((key) => (tags[key]?.trim() ? [[key, fitLine(tags[key], tagValueBytes)]] : []));
  const resource = { Id: arn, ...locationOf(place), ...(telling.length > 0 && { Tags: Object.fromEntries(telling) }) };
  // ASFF has no resource type for a managed instance, a machine outside of EC2 that is registered with SSM.
  if (!arn.includes(":ec2:")) return { Type: "Other", ...resource, Details: { Other: { ManagedInstance: arn } } };
  return {
    Type: "AwsEc2Instance",
    ...resource,
    Details: {
      AwsEc2Instance: {
        ...(instanceType && { Type: instanceType }),
        ...(imageId && { ImageId: imageId }),
        ...(vpcId && { VpcId: vpcId }),
        ...(subnetId && { SubnetId: subnetId }),
        ...(launchedAt && { LaunchedAt: launchedAt }),
      },
    },
  };
}

export function clusterResource({ name, arn, version, status }: Cluster, place: Place): Resource {
  return {
    Type: "AwsEksCluster",
    Id: arn,
    ...locationOf(place),
    Details: {
      AwsEksCluster: {
        Name: name,
        Arn: arn,
        ...(version && { Version: version }),
        ...(status && { ClusterStatus: status }),
      },
    },
  };
}

/**
 * The partitions that ASFF accepts. In another partition the field is omitted. Source: AWS Security Hub API Reference,
 * Resource.
 */
const asffPartitions = ["aws", "aws-cn", "aws-us-gov"] as const;

function locationOf({ partition, region }: Place): Pick<Resource, "Partition" | "Region"> {
  const Partition = asffPartitions.find((known) => known === partition);
  return { Region: region, ...(Partition && { Partition }) };
}
