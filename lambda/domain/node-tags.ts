import type { NodeGroup } from "./node.ts";

/** Followed by a cluster's name; the value, "owned" or "shared", says nothing about nodes. */
const clusterTagPrefix = "kubernetes.io/cluster/";

/**
 * Tags whose value is a cluster's name, the most trustworthy first: EKS writes the first when the node joins, managed
 * node groups the second, Karpenter the third. Source: Amazon EKS User Guide, "Tag your Amazon EKS resources".
 */
const clusterTags = ["aws:eks:cluster-name", "eks:cluster-name", "eks:eks-cluster-name"];

/**
 * The tag on a managed instance that ties it to its cluster: nothing but a convention, and given with the SSM activation.
 * Source: Amazon EKS User Guide, "Prepare credentials for hybrid nodes".
 */
export const hybridTag = "EKSClusterARN";

/** Values for EC2's tag-key filter that together find every node. */
export const nodeTagKeys = [...clusterTags, "karpenter.sh/nodepool", `${clusterTagPrefix}*`];

/** The names of all clusters that the tags speak of, the most trustworthy first, each once. */
export function claimedClusters(tags: Readonly<Record<string, string>>): string[] {
  const byValue = clusterTags.flatMap((key) => tags[key] || []);
  const byKey = Object.keys(tags)
    .filter((key) => key.startsWith(clusterTagPrefix))
    .map((key) => key.slice(clusterTagPrefix.length))
    .sort();
  return [...new Set([...byValue, ...byKey])];
}

/** Tags by which the auditor's role is let in wherever they are. The others it is let in by where a setting says so. */
const admittingTags = ["eks:cluster-name", "karpenter.sh/nodepool", "eks:eks-cluster-name"];

/** The tags that decide whether IAM lets the auditor's role in, in words: nodes with the same ones fare the same. */
export function admissionOf(tags: Readonly<Record<string, string>>): string {
  if (admittingTags.some((key) => key in tags)) return "by its group";
  const decisive = Object.keys(tags).filter((key) => key.startsWith(clusterTagPrefix) || key === hybridTag);
  return decisive.sort().join(" ");
}

/** The tag by whose key IAM knows a self-managed node of the cluster. */
export function clusterTagOf(cluster: string): string {
  return `${clusterTagPrefix}${cluster}`;
}

/** What started the instance, as far as its tags tell. */
export function nodeGroupOf(tags: Readonly<Record<string, string>>): NodeGroup {
  const managed = tags["eks:nodegroup-name"];
  if (managed) return { kind: "managed node group", name: managed };
  const pool = tags["karpenter.sh/nodepool"];
  if (pool) return { kind: "Karpenter node pool", name: pool };
  if (tags["eks:eks-cluster-name"]) return { kind: "Karpenter node pool" };
  const name = tags["alpha.eksctl.io/nodegroup-name"] || tags["aws:autoscaling:groupName"];
  return { kind: "self-managed", ...(name && { name }) };
}
