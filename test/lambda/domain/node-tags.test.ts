import { describe, expect, test } from "vitest";
import { admissionOf, claimedClusters, nodeGroupOf } from "../../../lambda/domain/node-tags.ts";

describe("which clusters the tags speak of", () => {
  test.each([
    ["a managed node group's node", { "eks:cluster-name": "a", "kubernetes.io/cluster/a": "owned" }, ["a"]],
    ["a Karpenter node", { "eks:eks-cluster-name": "a", "karpenter.sh/nodepool": "p" }, ["a"]],
    ["a self-managed node", { "kubernetes.io/cluster/a": "owned" }, ["a"]],
    [
      "what EKS wrote itself comes first",
      { "kubernetes.io/cluster/b": "shared", "aws:eks:cluster-name": "z" },
      ["z", "b"],
    ],
    [
      "two clusters, in an order of their own",
      { "kubernetes.io/cluster/b": "", "kubernetes.io/cluster/a": "" },
      ["a", "b"],
    ],
    ["Karpenter without a cluster", { "karpenter.sh/nodepool": "p" }, []],
    ["an empty name is none", { "eks:cluster-name": "" }, []],
    ["tags about something else", { Name: "bastion" }, []],
  ])("%s", (_, tags, clusters) => {
    expect(claimedClusters(tags)).toEqual(clusters);
  });
});

describe("what started the node", () => {
  test.each([
    ["a managed node group", { "eks:nodegroup-name": "g" }, "managed node group", "g"],
    ["a Karpenter pool", { "karpenter.sh/nodepool": "p" }, "Karpenter node pool", "p"],
    ["Karpenter's tag for the cluster alone", { "eks:eks-cluster-name": "a" }, "Karpenter node pool", undefined],
    [
      "eksctl's own node group",
      { "alpha.eksctl.io/nodegroup-name": "e", "aws:autoscaling:groupName": "x" },
      "self-managed",
      "e",
    ],
    ["an Auto Scaling group", { "aws:autoscaling:groupName": "x" }, "self-managed", "x"],
    ["nobody knows", {}, "self-managed", undefined],
  ])("%s", (_, tags, kind, name) => {
    expect(nodeGroupOf(tags)).toEqual({ kind, name });
  });
});

describe("nodes that IAM treats alike", () => {
  const byCluster = { "kubernetes.io/cluster/a": "owned" };
  test.each([
    [
      "a node group's and Karpenter's",
      { "eks:cluster-name": "a" },
      { "karpenter.sh/nodepool": "p", ...byCluster },
      true,
    ],
    ["self-managed ones of one cluster", { ...byCluster, Name: "one" }, byCluster, true],
    ["self-managed ones of two clusters", byCluster, { "kubernetes.io/cluster/b": "owned" }, false],
    ["a self-managed one and one that EKS alone has tagged", byCluster, { "aws:eks:cluster-name": "a" }, false],
    ["a self-managed one and a hybrid one", byCluster, { EKSClusterARN: "arn" }, false],
  ])("%s: %o and %o: %s", (_, one, other, alike) => {
    expect(admissionOf(one) === admissionOf(other)).toBe(alike);
  });
});
