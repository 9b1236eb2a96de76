import { z } from "zod";
import { AwsError } from "./errors.ts";
import type { AccountRegion } from "./holdings.ts";
import type { Cluster } from "./initial-region.ts";
import { numberInText, operation, page } from "./operation.ts";
import type { Service } from "./service.ts";

/** Maximum number of names in one page of any EKS list. Source: EKS API model. */
const pageSize = 100;

const paging = { maxResults: numberInText(1, pageSize).default(pageSize), nextToken: z.string().optional() };
const inCluster = z.object({ clusterName: z.string(), ...paging });

export const eks: Service = {
  name: "eks",
  protocol: {
    kind: "rest-json",
    routes: [
      ["GET", "/clusters", "ListClusters"],
      ["GET", "/clusters/{name}", "DescribeCluster"],
      ["GET", "/clusters/{clusterName}/node-groups", "ListNodegroups"],
      ["GET", "/clusters/{clusterName}/node-groups/{nodegroupName}", "DescribeNodegroup"],
      ["GET", "/clusters/{clusterName}/fargate-profiles", "ListFargateProfiles"],
    ],
  },
  invalidInput: "InvalidParameterException",
  throttled: { code: "ThrottlingException", status: 429, message: "Rate exceeded" },
  operations: {
    ListClusters: operation(z.object(paging), ({ maxResults, nextToken }, { at }) =>
      names(
        "clusters",
        at.clusters.map(({ name }) => name),
        maxResults,
        nextToken,
      ),
    ),
    DescribeCluster: operation(z.object({ name: z.string() }), ({ name }, { at }) => ({
      cluster: describeCluster(findCluster(at, name), at),
    })),
    ListNodegroups: operation(inCluster, ({ clusterName, maxResults, nextToken }, { at }) => {
      const groups = findCluster(at, clusterName).nodegroups.map(({ name }) => name);
      return names("nodegroups", groups, maxResults, nextToken);
    }),
    DescribeNodegroup: operation(
      z.object({ clusterName: z.string(), nodegroupName: z.string() }),
      ({ clusterName, nodegroupName }, { at }) => ({ nodegroup: describeNodegroup(at, clusterName, nodegroupName) }),
    ),
    ListFargateProfiles: operation(inCluster, ({ clusterName, maxResults, nextToken }, { at }) =>
      names("fargateProfileNames", findCluster(at, clusterName).fargateProfiles ?? [], maxResults, nextToken),
    ),
  },
};

function names(member: string, all: readonly string[], size: number, token: string | undefined): object {
  const { entries, nextToken } = page(all, size, token, () => {
    throw new AwsError("InvalidParameterException", "Invalid nextToken");
  });
  return { [member]: entries, ...(nextToken && { nextToken }) };
}

function findCluster(at: AccountRegion, name: string): Cluster {
  const cluster = at.clusters.find((candidate) => candidate.name === name);
  if (!cluster) throw new AwsError("ResourceNotFoundException", `No cluster found for name: ${name}.`, 404);
  return cluster;
}

function describeCluster(cluster: Cluster, { account, region, partition }: AccountRegion): object {
  const active = cluster.status === undefined || cluster.status === "ACTIVE";
  return {
    name: cluster.name,
    arn: `arn:${partition}:eks:${region}:${account}:cluster/${cluster.name}`,
    version: cluster.version,
    platformVersion: "eks.1",
    status: cluster.status ?? "ACTIVE",
    ...(active && { certificateAuthority: { data: cluster.certificateAuthority } }),
    computeConfig: { enabled: cluster.autoMode ?? false },
    kubernetesNetworkConfig: { serviceIpv4Cidr: "172.20.0.0/16", ipFamily: "ipv4" },
    tags: {},
  };
}

function describeNodegroup(at: AccountRegion, clusterName: string, nodegroupName: string): object {
  const { nodegroups, version } = findCluster(at, clusterName);
  const nodegroup = nodegroups.find(({ name }) => name === nodegroupName);
  if (!nodegroup) {
    throw new AwsError("ResourceNotFoundException", `No node group found for name: ${nodegroupName}.`, 404);
  }
  const { account, region, partition } = at;
  return {
    nodegroupName,
    nodegroupArn: `arn:${partition}:eks:${region}:${account}:nodegroup/${clusterName}/${nodegroupName}/0ac3d1f2`,
    clusterName,
    version,
    status: "ACTIVE",
    capacityType: "ON_DEMAND",
    amiType: nodegroup.amiType,
    scalingConfig: { minSize: 0, maxSize: 10, desiredSize: nodegroup.desiredSize },
    resources: { autoScalingGroups: [{ name: `eks-${nodegroupName}-12c8f3aa` }] },
    health: { issues: [] },
    tags: {},
  };
}
