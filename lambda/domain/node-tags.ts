import type { NodeGroup } from "./node.ts";

/** Prefix of tag keys that end with a cluster's name. Their value, "owned" or "shared", is not used. */
const clusterTagPrefix = "kubernetes.io/cluster/";

/**
 * Keys of tags whose value is a cluster's name, the most trustworthy first. EKS writes the first when the node joins,
 * managed node groups write the second, Karpenter the third. Source: Amazon EKS User Guide, "Tag your Amazon EKS
 * resources".
 */
const clusterTags = ["aws:eks:cluster-name", "eks:cluster-name", "eks:eks-cluster-name"];

/**
 * Key of the tag that holds the cluster's ARN on the managed instance of a hybrid node. It is a convention: the
 * customer sets the tag in the SSM activation. Source: Amazon EKS User Guide, "Prepare credentials for hybrid nodes".
 */
export const hybridTag = "EKSClusterARN";

/** Values of EC2's tag-key filter that match all nodes. */
export const nodeTagKeys = [...clusterTags, "karpenter.sh/nodepool", `${clusterTagPrefix}*`];

/** Filters of EC2. Each node whose tags name the cluster matches at least one of them. */
export function clusterFilters(cluster: string): { Name: string; Values: string[] }[] {
  const byValue = clusterTags.map((key) => ({ Name: `tag:${key}`, Values: [cluster] }));
  return [...byValue, { Name: "tag-key", Values: [clusterTagOf(cluster)] }];
}

/** The names of all clusters in the tags, the most trustworthy first, without duplicates. */
export function claimedClusters(tags: Readonly<Record<string, string>>): string[] {
  const byValue = clusterTags.flatMap((key) => tags[key] || []);
  const byKey = Object.keys(tags)
    .filter((key) => key.startsWith(clusterTagPrefix))
    .map((key) => key.slice(clusterTagPrefix.length))
    .sort();
  return [...new Set([...byValue, ...byKey])];
}

/**
 * Keys of tags that give the auditor's role access to an instance. Other tags give access only if a setting allows it.
 */
const admittingTags = ["eks:cluster-name", "karpenter.sh/nodepool", "eks:eks-cluster-name"];

/**
 * Text of the tags that decide whether the auditor's role has access to the node. Nodes with equal texts have equal
 * access.
 */
export function admissionOf(tags: Readonly<Record<string, string>>): string {
  if (admittingTags.some((key) => key in tags)) return "by its group";
  const decisive = Object.keys(tags).filter((key) => key.startsWith(clusterTagPrefix) || key === hybridTag);
  return decisive.sort().join(" ");
}

/** Key of the tag that the IAM policy requires on self-managed nodes of the cluster. */
export function clusterTagOf(cluster: string): string {
  return `${clusterTagPrefix}${cluster}`;
}

/** The node group or node pool that started the instance, according to its tags. */
export function nodeGroupOf(tags: Readonly<Record<string, string>>): NodeGroup {
  const managed = tags["eks:nodegroup-name"];
  if (managed) return { kind: "managed node group", name: managed };
  const pool = tags["karpenter.sh/nodepool"];
  if (pool) return { kind: "Karpenter node pool", name: pool };
  if (tags["eks:eks-cluster-name"]) return { kind: "Karpenter node pool" };
  const name = tags["alpha.eksctl.io/nodegroup-name"] || tags["aws:autoscaling:groupName"];
  return { kind: "self-managed", ...(name && { name }) };
}
