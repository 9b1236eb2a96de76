import { DescribeInstancesCommand, type DescribeInstancesCommandInput } from "@aws-sdk/client-ec2";
import {
  DescribeClusterCommand,
  DescribeNodegroupCommand,
  ListClustersCommand,
  ListFargateProfilesCommand,
  ListNodegroupsCommand,
  paginateListClusters,
} from "@aws-sdk/client-eks";
import { DescribeInstanceInformationCommand, DescribeInstancePropertiesCommand } from "@aws-sdk/client-ssm";
import { afterAll, expect, test } from "vitest";
import { startLocalAws } from "../../local-aws/server.ts";
import { unthrottled } from "../../local-aws/traffic.ts";
import { clients, refusal } from "./clients.ts";

const aws = await startLocalAws({ rates: unthrottled });
afterAll(() => aws.close());
const { ec2, eks, ssm } = clients(aws);

/**
 * Counts are computed because the sample account-Region can grow: instances not managed by AWS, and running nodes with an agent.
 */
const own = aws.home.nodes.filter(({ instance }) => instance && !instance.operator).length;
const registered = aws.home.nodes.filter(({ agent, instance }) => agent && instance?.state !== "stopped").length;

const instances = async (input: DescribeInstancesCommandInput) => {
  const { Reservations = [] } = await ec2.send(new DescribeInstancesCommand(input));
  return Reservations.flatMap(({ Instances = [] }) => Instances.map(({ InstanceId }) => InstanceId));
};

test("EKS lists clusters in pages of the requested size", async () => {
  const pages = [];
  for await (const { clusters } of paginateListClusters({ client: eks, pageSize: 1 }, {})) pages.push(clusters);
  expect(pages).toEqual([["prod-apps"], ["batch-legacy"]]);
});

test("EKS describes a cluster's ARN, CA and Auto Mode", async () => {
  const { cluster } = await eks.send(new DescribeClusterCommand({ name: "prod-apps" }));
  expect(cluster).toMatchObject({
    arn: "arn:aws:eks:us-east-1:111122223333:cluster/prod-apps",
    version: "1.34",
    status: "ACTIVE",
    computeConfig: { enabled: true },
  });
  expect(atob(cluster?.certificateAuthority?.data ?? "")).toContain("-----BEGIN CERTIFICATE-----");
});

test("a cluster in the state CREATING has no CA", async () => {
  const creating = { name: "new", version: "1.34", certificateAuthority: "none", status: "CREATING", nodegroups: [] };
  aws.home.clusters.push(creating);
  const { cluster } = await eks.send(new DescribeClusterCommand({ name: "new" }));
  aws.home.clusters.pop();
  expect(cluster).toMatchObject({ status: "CREATING" });
  expect(cluster?.certificateAuthority).toBeUndefined();
});

test("EKS lists a cluster's node groups and Fargate profiles", async () => {
  const clusterName = "batch-legacy";
  const { nodegroups } = await eks.send(new ListNodegroupsCommand({ clusterName }));
  expect(nodegroups).toEqual(["al2-general", "al2023-site", "ubuntu", "br-general"]);
  const { nodegroup } = await eks.send(new DescribeNodegroupCommand({ clusterName, nodegroupName: "al2-general" }));
  expect(nodegroup).toMatchObject({ amiType: "AL2_x86_64", scalingConfig: { desiredSize: 1 } });
  const { fargateProfileNames } = await eks.send(new ListFargateProfilesCommand({ clusterName }));
  expect(fargateProfileNames).toEqual(["nightly"]);
});

test.each([
  ["a page of 101 names", new ListClustersCommand({ maxResults: 101 }), "InvalidParameterException 400"],
  ["an invalid token", new ListClustersCommand({ nextToken: "x" }), "InvalidParameterException 400"],
])("EKS rejects %s", async (_, command, error) => {
  expect(await refusal(eks.send(command))).toContain(error);
});

const clusterName = "gone";
test.each([
  ["DescribeCluster", () => eks.send(new DescribeClusterCommand({ name: clusterName }))],
  ["ListNodegroups", () => eks.send(new ListNodegroupsCommand({ clusterName }))],
  ["ListFargateProfiles", () => eks.send(new ListFargateProfilesCommand({ clusterName }))],
  ["DescribeNodegroup", () => eks.send(new DescribeNodegroupCommand({ clusterName, nodegroupName: "any" }))],
  [
    "DescribeNodegroup in an existing cluster",
    () => eks.send(new DescribeNodegroupCommand({ clusterName: "prod-apps", nodegroupName: "gone" })),
  ],
])("%s rejects an unknown name", async (_, call) => {
  expect(await refusal(call())).toContain("ResourceNotFoundException 404");
});

test.each<[string, DescribeInstancesCommandInput, number]>([
  ["all instances that AWS does not manage", {}, own],
  ["all instances with IncludeManagedResources", { IncludeManagedResources: true }, own + 1],
  ["instances with a tag of this value", { Filters: [{ Name: "tag:eks:nodegroup-name", Values: ["ubuntu"] }] }, 1],
  [
    "instances with a tag key that matches a wildcard",
    { Filters: [{ Name: "tag-key", Values: ["karpenter.sh/*"] }] },
    2,
  ],
  ["instances in one state", { Filters: [{ Name: "instance-state-name", Values: ["stopped"] }] }, 1],
  [
    "instances in one of two states",
    { Filters: [{ Name: "instance-state-name", Values: ["stopped", "running"] }] },
    own,
  ],
  [
    "instances that match every filter",
    {
      Filters: [
        { Name: "instance-state-name", Values: ["running"] },
        { Name: "tag:eks:cluster-name", Values: ["prod-*"] },
      ],
    },
    8,
  ],
  [
    "instances that an AWS service manages",
    { IncludeManagedResources: true, Filters: [{ Name: "operator.managed", Values: ["true"] }] },
    1,
  ],
  ["instances by id", { InstanceIds: ["i-0a12b34c56d78e901"] }, 1],
])("EC2 describes %s", async (_, input, count) => {
  expect(await instances(input)).toHaveLength(count);
});

test("EC2 describes an instance's state, tags, operator and architecture", async () => {
  const { Reservations } = await ec2.send(
    new DescribeInstancesCommand({ InstanceIds: ["i-03c4d5e6f70819203"], IncludeManagedResources: true }),
  );
  const [instance] = Reservations?.[0]?.Instances ?? [];
  expect(instance).toMatchObject({
    State: { Name: "running", Code: 16 },
    Operator: { Managed: true, Principal: "eks.amazonaws.com" },
    Architecture: "x86_64",
    LaunchTime: new Date("2026-11-20T08:00:00Z"),
  });
  expect(instance?.Tags).toContainEqual({ Key: "karpenter.sh/nodepool", Value: "general-purpose" });
});

test("the pages of DescribeInstances contain every instance", async () => {
  const seen: string[] = [];
  let NextToken: string | undefined;
  do {
    const reply = await ec2.send(new DescribeInstancesCommand({ MaxResults: 5, ...(NextToken && { NextToken }) }));
    seen.push(...(reply.Reservations ?? []).flatMap(({ Instances = [] }) => Instances.map((i) => i.InstanceId ?? "")));
    NextToken = reply.NextToken;
  } while (NextToken);
  expect(new Set(seen).size).toBe(own);
});

test.each<[string, DescribeInstancesCommandInput, string]>([
  ["a page of 4", { MaxResults: 4 }, "InvalidParameterValue 400"],
  ["a page of 1001", { MaxResults: 1001 }, "InvalidParameterValue 400"],
  ["ids and a page size", { MaxResults: 5, InstanceIds: ["i-0a12b34c56d78e901"] }, "InvalidParameterCombination 400"],
  ["an unknown filter", { Filters: [{ Name: "colour", Values: ["red"] }] }, "InvalidParameterValue 400"],
  ["an unknown id", { InstanceIds: ["i-00000000000000000"] }, "InvalidInstanceID.NotFound 400"],
  ["a malformed id", { InstanceIds: ["node-1"] }, "InvalidInstanceID.Malformed 400"],
  ["an invalid token", { MaxResults: 5, NextToken: "x" }, "InvalidNextToken 400"],
])("EC2 rejects %s", async (_, input, error) => {
  expect(await refusal(ec2.send(new DescribeInstancesCommand(input)))).toContain(error);
});

test("SSM lists running nodes with an agent, by default ten per page", async () => {
  const { InstanceInformationList, NextToken } = await ssm.send(new DescribeInstanceInformationCommand());
  expect(InstanceInformationList).toHaveLength(10);
  expect(InstanceInformationList?.[0]).toMatchObject({
    PingStatus: "Online",
    PlatformType: "Linux",
    PlatformName: "Amazon Linux",
    PlatformVersion: "2",
    ResourceType: "EC2Instance",
  });
  const rest = await ssm.send(new DescribeInstanceInformationCommand({ ...(NextToken && { NextToken }) }));
  expect(rest.InstanceInformationList).toHaveLength(registered - 10);
  expect(rest.NextToken).toBeUndefined();
});

test.each([
  ["PingStatus", "ConnectionLost", 1],
  ["tag:eks:cluster-name", "batch-legacy", 6],
  ["tag-key", "karpenter.sh/nodepool", 2],
  ["InstanceIds", "i-0a12b34c56d78e901", 1],
])("SSM filters nodes by %s", async (Key, value, count) => {
  const input = { Filters: [{ Key, Values: [value] }], MaxResults: 50 };
  const { InstanceInformationList } = await ssm.send(new DescribeInstanceInformationCommand(input));
  expect(InstanceInformationList).toHaveLength(count);
});

test("DescribeInstanceProperties lists the same nodes, up to 1,000 per page", async () => {
  const { InstanceProperties, NextToken } = await ssm.send(new DescribeInstancePropertiesCommand({ MaxResults: 10 }));
  const rest = await ssm.send(
    new DescribeInstancePropertiesCommand({ MaxResults: 1_000, ...(NextToken && { NextToken }) }),
  );
  expect(InstanceProperties).toHaveLength(10);
  expect(rest.InstanceProperties).toHaveLength(registered - 10);
  const tooMany = ssm.send(new DescribeInstancePropertiesCommand({ MaxResults: 1_001 }));
  expect(await refusal(tooMany)).toContain("ValidationException");
});

const filter = (Key: string) => ({ Key, Values: ["x"] });
test.each([
  ["a page of 4", { MaxResults: 4 }, "ValidationException"],
  ["a page of 51", { MaxResults: 51 }, "ValidationException"],
  [
    "a tag filter together with another filter",
    { Filters: [filter("tag-key"), filter("PingStatus")] },
    "InvalidFilterKey",
  ],
  ["an unknown filter", { Filters: [filter("Colour")] }, "InvalidFilterKey"],
  ["an unknown id", { Filters: [filter("InstanceIds")] }, "InvalidInstanceId"],
])("SSM rejects %s", async (_, input, error) => {
  expect(await refusal(ssm.send(new DescribeInstanceInformationCommand(input)))).toContain(error);
});

test("lists instance properties when a request has no MaxResults", async () => {
  const { InstanceProperties } = await ssm.send(new DescribeInstancePropertiesCommand({}));
  expect(InstanceProperties).toHaveLength(registered);
});
