import { afterEach, describe, expect, test } from "vitest";
import { type Inventory, takeWholeInventory } from "../../../lambda/inventory/inventory.ts";
import type { InitialRegion } from "../../../local-aws/initial-region.ts";
import { id, managed } from "../../kit/nodes.ts";
import { simulateTime } from "../../kit/simulated-time.ts";
import { cluster, node, place, type Site, startSite } from "../collect/site.ts";

simulateTime();

let site: Site | undefined;
afterEach(() => site?.aws.close());

async function inventoryOf(home: Partial<InitialRegion>, isAudited = (_name: string) => true): Promise<Inventory> {
  site = await startSite(home);
  return takeWholeInventory(site.clients, place, isAudited);
}

const membersOf = ({ clusters }: Inventory) =>
  Object.fromEntries(clusters.map(({ cluster: { name }, nodes }) => [name, nodes.map(({ instanceId }) => instanceId)]));

describe("the inventory", () => {
  const karpenter = { "eks:eks-cluster-name": "prod", "karpenter.sh/nodepool": "pool" };
  test.each([
    ["contains a node of a managed node group", { tags: managed("prod") }, true, ""],
    ["contains a Karpenter node", { tags: karpenter }, true, ""],
    ["contains a self-managed node", { tags: { "kubernetes.io/cluster/prod": "owned" } }, true, ""],
    ["contains an instance that EKS tagged when it joined", { tags: { "aws:eks:cluster-name": "prod" } }, true, ""],
    ["leaves out a stopped instance", { instance: { state: "stopped" } }, false, ""],
    ["leaves out a pending instance", { instance: { state: "pending" } }, false, ""],
    ["leaves out a terminated instance", { instance: { state: "terminated" } }, false, ""],
    [
      "leaves out an instance of Auto Mode",
      { tags: karpenter, instance: { operator: "eks.amazonaws.com" } },
      false,
      "",
    ],
    ["contains an instance that another service manages", { instance: { operator: "ecs.amazonaws.com" } }, true, ""],
    ["leaves out an instance without tags of a node", { tags: { Name: "db" } }, false, ""],
    ["reports a tag for an unknown cluster", { tags: managed("gone") }, false, "the tags name gone"],
    [
      "reports a node without a tag for a cluster",
      { tags: { "karpenter.sh/nodepool": "p" } },
      false,
      "name no cluster",
    ],
    [
      "reports a node with tags for two clusters, and counts it in the cluster of the EKS tag",
      { tags: { ...managed("prod"), "kubernetes.io/cluster/dev": "shared" } },
      true,
      "the tags name prod and dev; counted once, in prod",
    ],
    [
      "reports a node with tags for a known and an unknown cluster, and counts it in the known cluster",
      { tags: { "eks:cluster-name": "gone", "kubernetes.io/cluster/prod": "owned" } },
      true,
      "the tags name gone and prod; counted once, in prod",
    ],
  ] as const)("%s", async (_, more, isNode, problem) => {
    const inventory = await inventoryOf({ clusters: [cluster("prod"), cluster("dev")], nodes: [node(1, more)] });
    expect(membersOf(inventory)).toEqual({ prod: isNode ? [id(1)] : [], dev: [] });
    expect(inventory.problems).toEqual(problem ? [expect.stringContaining(problem)] : []);
    expect(inventory.trouble).toEqual([]);
  });
});

test("reads all pages of clusters, instances and registrations", async () => {
  const clusters = Array.from({ length: 101 }, (_, index) => cluster(`c${index}`));
  const nodes = Array.from({ length: 1_001 }, (_, index) => node(index, { tags: managed(`c${index % 101}`) }));
  const inventory = await inventoryOf({ clusters, nodes }, (name) => name === "c0");
  expect(membersOf(inventory).c0).toHaveLength(10);
  expect(inventory.registrations.size).toBe(1_001);
  expect(Object.fromEntries(site?.clients.calls ?? [])).toEqual({
    "eks:ListClusters": 2,
    "eks:DescribeCluster": 1,
    "eks:ListNodegroups": 1,
    "eks:ListFargateProfiles": 1,
    "ec2:DescribeInstances": 2,
    "ssm:DescribeInstanceProperties": 2,
  });
});

describe("the inventory for a run of one cluster", () => {
  const nodes = [
    node(1, { tags: managed("prod") }),
    node(2, { tags: { "aws:eks:cluster-name": "prod" } }),
    node(3, { tags: { "eks:eks-cluster-name": "prod" } }),
    node(4, { tags: { "kubernetes.io/cluster/prod": "owned" } }),
    node(5, { tags: { ...managed("prod"), "kubernetes.io/cluster/prod": "owned" } }),
    node(6, { tags: managed("dev") }),
    node(7, { tags: managed("gone") }),
    node(8, { tags: { "kubernetes.io/cluster/prod-2": "owned" } }),
  ];
  const clusters = [cluster("prod"), cluster("dev")];

  test("returns each node of the cluster once, even if two of its tags name the cluster", async () => {
    site = await startSite({ clusters, nodes });
    const inventory = await takeWholeInventory(site.clients, place, () => true, false, { cluster: "prod" });
    expect(membersOf(inventory)).toEqual({ prod: expect.any(Array) });
    expect(membersOf(inventory).prod?.sort()).toEqual([1, 2, 3, 4, 5].map(id));
    expect([...inventory.registrations.keys()].sort()).toEqual([1, 2, 3, 4, 5].map(id));
    expect(inventory.problems).toEqual([]);
  });

  test("reads only pages of the cluster's instances from EC2, and at most ten pages from SSM", async () => {
    const others = Array.from({ length: 10_001 }, (_, number) => node(number + 100, { tags: managed("dev") }));
    site = await startSite({ clusters, nodes: [...others, ...nodes.slice(0, 5)] });
    const inventory = await takeWholeInventory(site.clients, place, () => true, false, { cluster: "prod" });
    expect(inventory.registrations.size).toBe(5);
    expect(Object.fromEntries(site.clients.calls)).toMatchObject({
      "ec2:DescribeInstances": 4,
      "ssm:DescribeInstanceProperties": 10,
      "ssm:DescribeInstanceInformation": 1,
    });
  });

  test("keeps only nodes and registrations of its shard, and counts all Auto Mode instances and node groups", async () => {
    const auto = node(9, { tags: managed("prod"), instance: { operator: "eks.amazonaws.com" } });
    const nodegroups = [{ name: "general", desiredSize: 2, amiType: "CUSTOM" }];
    site = await startSite({ clusters: [cluster("prod", { nodegroups })], nodes: [...nodes.slice(0, 5), auto] });
    const owns = (subject: string) => subject === id(2);
    const inventory = await takeWholeInventory(site.clients, place, () => true, false, { cluster: "prod", owns });
    expect(membersOf(inventory)).toEqual({ prod: [id(2)] });
    expect([...inventory.registrations.keys()]).toEqual([id(2)]);
    expect(inventory.clusters).toMatchObject([{ providerManaged: 1, emptyNodeGroups: [] }]);
  });
});

test("a node has all fields that its findings show", async () => {
  const { clusters } = await inventoryOf({ nodes: [node(1)] });
  expect(clusters[0]?.nodes).toEqual([
    {
      instanceId: id(1),
      arn: `arn:aws:ec2:us-east-1:111122223333:instance/${id(1)}`,
      cluster: "prod",
      group: { kind: "managed node group", name: "general" },
      os: "al2023",
      architecture: "arm64",
      instanceType: "m7i.large",
      imageId: "ami-0f1e2d3c4b5a69788",
      vpcId: "vpc-0a1b2c3d4e5f60718",
      subnetId: "subnet-0a1b2c3d4e5f60718",
      launchedAt: "2026-11-20T08:00:00.000Z",
      tags: managed("prod"),
    },
  ]);
});

test("counts Auto Mode instances and Fargate profiles, and distinguishes empty node groups by their desired size", async () => {
  const group = (name: string, desiredSize: number) => ({ name, desiredSize, amiType: "AL2023_x86_64_STANDARD" });
  const nodegroups = [group("general", 1), group("burst", 0), group("broken", 3)];
  const auto = node(2, { tags: { "eks:eks-cluster-name": "prod" }, instance: { operator: "eks.amazonaws.com" } });
  const inventory = await inventoryOf({
    clusters: [cluster("prod", { nodegroups, autoMode: true, fargateProfiles: ["nightly"] })],
    nodes: [node(1), auto],
  });
  expect(inventory.clusters).toMatchObject([
    {
      cluster: { name: "prod", version: "1.34", status: "ACTIVE", autoMode: true },
      providerManaged: 1,
      fargateProfiles: ["nightly"],
      emptyNodeGroups: [
        { name: "burst", desired: 0 },
        { name: "broken", desired: 3 },
      ],
    },
  ]);
  expect(inventory.problems).toEqual([
    "node group broken of cluster prod (ACTIVE) should have 3 nodes and has none running",
  ]);
});

describe("hybrid nodes", () => {
  const agent = { ping: "Online", platformType: "Linux", platformName: "Ubuntu", platformVersion: "24.04" } as const;
  const arn = (name: string) => `arn:aws:eks:us-east-1:111122223333:cluster/${name}`;
  const machine = (number: number, tags: Record<string, string>) => ({
    id: id(number).replace("i-", "mi-"),
    tags,
    agent,
  });
  const home = {
    clusters: [cluster("prod"), cluster("dev")],
    nodes: [
      node(1, { tags: { ...managed("prod"), EKSClusterARN: arn("dev") } }),
      machine(2, { EKSClusterARN: arn("prod") }),
      machine(3, { EKSClusterARN: arn("dev") }),
      machine(4, { EKSClusterARN: arn("gone") }),
      machine(5, {}),
    ],
  };

  test("are the managed instances whose tag names the cluster, if the setting is on", async () => {
    site = await startSite(home);
    const inventory = await takeWholeInventory(site.clients, place, () => true, true);
    expect(membersOf(inventory)).toEqual({ prod: [id(1), "mi-00000000000000002"], dev: ["mi-00000000000000003"] });
    expect(inventory.clusters[0]?.nodes[1]).toEqual({
      instanceId: "mi-00000000000000002",
      arn: "arn:aws:ssm:us-east-1:111122223333:managed-instance/mi-00000000000000002",
      cluster: "prod",
      group: { kind: "hybrid" },
      os: "ubuntu",
      tags: { EKSClusterARN: arn("prod") },
    });
    expect(Object.fromEntries(site.clients.calls)).toMatchObject({
      "ssm:DescribeInstanceProperties": 1,
      "ssm:DescribeInstanceInformation": 2,
    });
  });

  test("are counted once when SSM lists a page twice", async () => {
    site = await startSite(home);
    site.aws.faults.push({ operation: "ssm:DescribeInstanceInformation", page: "again", times: 2 });
    const inventory = await takeWholeInventory(site.clients, place, () => true, true);
    expect(membersOf(inventory)).toEqual({ prod: [id(1), "mi-00000000000000002"], dev: ["mi-00000000000000003"] });
  });

  test("are left out without a call if the setting is off", async () => {
    expect(membersOf(await inventoryOf(home))).toEqual({ prod: [id(1)], dev: [] });
    expect(site?.clients.calls.get("ssm:DescribeInstanceInformation")).toBeUndefined();
  });

  test("do not count as gone when the SSM call fails, and other nodes are audited", async () => {
    site = await startSite(home);
    const refusal = { code: "AccessDeniedException", status: 400, message: "no" };
    site.aws.faults.push({ operation: "ssm:DescribeInstanceInformation", error: refusal, times: 2 });
    const inventory = await takeWholeInventory(site.clients, place, () => true, true);
    expect(membersOf(inventory)).toEqual({ prod: [id(1)], dev: [] });
    expect(inventory.clusters.map(({ complete }) => complete)).toEqual([false, false]);
    expect(inventory.trouble).toHaveLength(2);
  });
});

describe("a node whose tags name an excluded and an audited cluster", () => {
  const home = {
    clusters: [cluster("lab"), cluster("prod")],
    nodes: [node(1, { tags: { ...managed("lab"), "kubernetes.io/cluster/prod": "owned" } })],
  };

  test("belongs to the audited cluster for any order of its tags", async () => {
    const inventory = await inventoryOf(home, (name) => name !== "lab");
    expect(membersOf(inventory)).toEqual({ prod: [id(1)] });
    expect(inventory.problems).toEqual([`the tags name lab and prod; counted once, in prod: ${id(1)}`]);
  });

  test("belongs to the same cluster in all runs, even if each run covers a single cluster", async () => {
    site = await startSite(home);
    const inScope = async (only: string) =>
      membersOf(await takeWholeInventory(site?.clients ?? expect.fail(), place, () => true, false, { cluster: only }));
    expect([await inScope("lab"), await inScope("prod")]).toEqual([{ lab: [id(1)] }, { prod: [] }]);
  });
});

test("a node pool with the name of an empty node group does not hide that the node group is empty", async () => {
  const nodegroups = [{ name: "general", desiredSize: 2, amiType: "CUSTOM" }];
  const pool = { tags: { "eks:eks-cluster-name": "prod", "karpenter.sh/nodepool": "general" } };
  const inventory = await inventoryOf({ clusters: [cluster("prod", { nodegroups })], nodes: [node(1, pool)] });
  expect(inventory.problems).toEqual([
    "node group general of cluster prod (ACTIVE) should have 2 nodes and has none running",
  ]);
});

describe("between two calls", () => {
  test("a cluster is deleted: the run reports it and its nodes, and audits the others", async () => {
    site = await startSite({
      clusters: [cluster("prod"), cluster("old")],
      nodes: [node(1), node(2, { tags: managed("old") })],
    });
    const { home, faults } = site.aws;
    const meanwhile = () => {
      home.clusters = home.clusters.filter(({ name }) => name !== "old");
    };
    faults.push({ operation: "eks:DescribeCluster", meanwhile });
    const inventory = await takeWholeInventory(site.clients, place, () => true);
    expect(membersOf(inventory)).toEqual({ prod: [id(1)] });
    expect(inventory.problems).toEqual([
      "cluster old was deleted during the run",
      `not counted, because the tags name old, which EKS does not list here: ${id(2)}`,
    ]);
  });

  test("a cluster is created: it is audited although it has no certificate authority yet", async () => {
    const creating = cluster("prod", { status: "CREATING" });
    const inventory = await inventoryOf({ clusters: [creating], nodes: [node(1)] });
    expect(inventory.clusters[0]?.cluster).toMatchObject({ name: "prod", status: "CREATING" });
    expect(inventory.clusters[0]?.cluster.certificateAuthority).toBeUndefined();
    expect(membersOf(inventory)).toEqual({ prod: [id(1)] });
  });
});

describe("a call that IAM denies", () => {
  const denied = (operation: string) => ({
    operation,
    error: {
      code: "AccessDeniedException",
      status: 403,
      message: `User: u is not authorized to perform: ${operation}`,
    },
  });

  test.each(["eks:ListClusters", "ec2:DescribeInstances"])(
    "ends the run with an error that names the action, because the audit needs %s",
    async (operation) => {
      site = await startSite({ nodes: [node(1)] });
      site.aws.faults.push(denied(operation));
      await expect(takeWholeInventory(site.clients, place, () => true)).rejects.toThrow(`may not call ${operation}`);
    },
  );

  test.each(["eks:DescribeCluster", "eks:ListNodegroups", "eks:ListFargateProfiles", "eks:DescribeNodegroup"])(
    "%s: the run audits the nodes without it, and its failure names the action",
    async (operation) => {
      const nodegroups = [{ name: "burst", desiredSize: 0, amiType: "CUSTOM" }];
      site = await startSite({ clusters: [cluster("prod", { nodegroups })], nodes: [node(1)] });
      site.aws.faults.push(denied(operation));
      const inventory = await takeWholeInventory(site.clients, place, () => true);
      expect(membersOf(inventory)).toEqual({ prod: [id(1)] });
      expect(inventory.trouble.map(String)).toEqual([expect.stringContaining(`may not call ${operation}`)]);
    },
  );
});
