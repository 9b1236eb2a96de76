import { describe, expect, test } from "vitest";
import { admissionOf, claimedClusters, nodeGroupOf } from "../../../lambda/domain/node-tags.ts";

describe("claimedClusters returns the clusters of", () => {
  test.each([
    ["a managed node group's node", { "eks:cluster-name": "a", "kubernetes.io/cluster/a": "owned" }, ["a"]],
    ["a Karpenter node", { "eks:eks-cluster-name": "a", "karpenter.sh/nodepool": "p" }, ["a"]],
    ["a self-managed node", { "kubernetes.io/cluster/a": "owned" }, ["a"]],
    ["the EKS tag before others", { "kubernetes.io/cluster/b": "shared", "aws:eks:cluster-name": "z" }, ["z", "b"]],
    [
      "two clusters in alphabetical order",
      { "kubernetes.io/cluster/b": "", "kubernetes.io/cluster/a": "" },
      ["a", "b"],
    ],
    ["Karpenter without a cluster", { "karpenter.sh/nodepool": "p" }, []],
    ["a tag with an empty value", { "eks:cluster-name": "" }, []],
    ["unrelated tags", { Name: "bastion" }, []],
  ])("%s", (_, tags, clusters) => {
    expect(claimedClusters(tags)).toEqual(clusters);
  });
});

describe("nodeGroupOf recognises", () => {
  test.each([
    ["a managed node group", { "eks:nodegroup-name": "g" }, "managed node group", "g"],
    ["a Karpenter pool", { "karpenter.sh/nodepool": "p" }, "Karpenter node pool", "p"],
    [
      "a Karpenter node with only the tag of its cluster",
      { "eks:eks-cluster-name": "a" },
      "Karpenter node pool",
      undefined,
    ],
    [
      "an eksctl node group",
      { "alpha.eksctl.io/nodegroup-name": "e", "aws:autoscaling:groupName": "x" },
      "self-managed",
      "e",
    ],
    ["an Auto Scaling group", { "aws:autoscaling:groupName": "x" }, "self-managed", "x"],
    ["a node without tags", {}, "self-managed", undefined],
  ])("%s", (_, tags, kind, name) => {
    expect(nodeGroupOf(tags)).toEqual({ kind, name });
  });
});

describe("admissionOf returns equal values for nodes that the auditor's role can access by the same statement", () => {
  const byCluster = { "kubernetes.io/cluster/a": "owned" };
  test.each([
    [
      "a node of a node group and a Karpenter node",
      { "eks:cluster-name": "a" },
      { "karpenter.sh/nodepool": "p", ...byCluster },
      true,
    ],
    ["self-managed nodes of one cluster", { ...byCluster, Name: "one" }, byCluster, true],
    ["self-managed nodes of two clusters", byCluster, { "kubernetes.io/cluster/b": "owned" }, false],
    ["a self-managed node and a node with only the tag of EKS", byCluster, { "aws:eks:cluster-name": "a" }, false],
    ["a self-managed node and a hybrid node", byCluster, { EKSClusterARN: "arn" }, false],
  ])("%s, %o and %o: %s", (_, one, other, alike) => {
    expect(admissionOf(one) === admissionOf(other)).toBe(alike);
  });
});
