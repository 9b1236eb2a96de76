import { randomBytes } from "node:crypto";
import { bottlerocketChanges } from "./bottlerocket.ts";
import type { Agent, EmbeddedNode, InitialRegion, Instance } from "./initial-region.ts";
import { labCluster, labNodes } from "./lab.ts";
import describeCluster from "./nodes/aws/describe-cluster.json" with { type: "json" };

const [account, region] = ["111122223333", "us-east-1"];
/** The CA certificate in the files of the sample nodes. Both clusters have it, because both consist of sample nodes. */
const certificateAuthority = describeCluster.cluster.certificateAuthority.data;

const online = (platformName: string, platformVersion: string): Agent => ({
  ping: "Online",
  platformType: "Linux",
  platformName,
  platformVersion,
});
const al2 = online("Amazon Linux", "2");
const al2023 = online("Amazon Linux", "2023");
const ubuntu = online("Ubuntu", "22.04");
const rocky = online("Rocky Linux", "9.4");
const bottlerocket = online("Bottlerocket", "1.26.1");
const windows = {
  ...online("Microsoft Windows Server 2022 Datacenter", "10.0.20348"),
  platformType: "Windows",
} satisfies Agent;

export const instance: Instance = {
  type: "m7i.large",
  imageId: "ami-0f1e2d3c4b5a69788",
  architecture: "x86_64",
  vpcId: "vpc-0a1b2c3d4e5f60718",
  subnetId: "subnet-0a1b2c3d4e5f60718",
  launchedAt: "2026-11-20T08:00:00.000Z",
};

/** Tags that EKS sets on the instances of a managed node group. */
const managed = (cluster: string, group: string) => ({
  "eks:cluster-name": cluster,
  "eks:nodegroup-name": group,
  "aws:eks:cluster-name": cluster,
  [`kubernetes.io/cluster/${cluster}`]: "owned",
});

/** Tags that Karpenter and EKS Auto Mode set on instances. */
const karpenter = (cluster: string, pool: string) => ({
  "eks:eks-cluster-name": cluster,
  "karpenter.sh/nodepool": pool,
  "aws:eks:cluster-name": cluster,
  [`kubernetes.io/cluster/${cluster}`]: "owned",
});

const selfManaged = (cluster: string) => ({
  "aws:eks:cluster-name": cluster,
  [`kubernetes.io/cluster/${cluster}`]: "owned",
});

/** Tags that Karpenter set before its version 1. */
const karpenterBeforeV1 = (cluster: string, pool: string) => ({
  "karpenter.sh/nodepool": pool,
  [`kubernetes.io/cluster/${cluster}`]: "owned",
});

/** A running EC2 node with the files of the sample node `kind`. */
const node = (
  id: string,
  tags: EmbeddedNode["tags"],
  agent: Agent,
  kind: string,
  more: Partial<EmbeddedNode> = {},
): EmbeddedNode => ({ id, tags, instance: named(kind), agent, tree: { kind }, ...more });

/** Host names by kind of sample node. The kubelet of each kind is started with its name in --hostname-override. */
const dnsNames: Readonly<Record<string, string>> = {
  al2: "ip-10-0-12-34",
  al2023: "ip-10-0-21-57",
  "al2023-dropin": "ip-10-0-33-9",
  "al2023-dropin-bad": "ip-10-0-40-71",
  "al2023-wrong-ca": "ip-10-0-50-5",
  ubuntu: "ip-10-0-61-18",
  "bottlerocket-control": "ip-10-0-71-44",
  windows: "ip-10-0-81-7",
  "self-managed-flags": "ip-10-0-91-3",
};

const named = (kind: string): Instance => ({ ...instance, privateDnsName: `${dnsNames[kind]}.ec2.internal` });

/** A drop-in that compresses badly: `sysctls` random names of 100 characters. */
const noisyDropIn = (sysctls: number) =>
  JSON.stringify({
    apiVersion: "kubelet.config.k8s.io/v1beta1",
    kind: "KubeletConfiguration",
    allowedUnsafeSysctls: Array.from({ length: sysctls }, () => `net.${randomBytes(48).toString("hex")}`),
  });

/**
 * Settings for `cdk deploy`. `selfManagedClusters` omits prod-apps, so IAM denies commands to its self-managed node.
 */
export const sampleSettings = { selfManagedClusters: ["batch-legacy"], hybrid: true, report: true };

/** Two clusters with compliant, failing and unreadable nodes of every kind. */
export const sampleRegion = (): InitialRegion => ({
  account,
  region,
  securityHub: true,
  clusters: [
    {
      name: "prod-apps",
      version: "1.34",
      certificateAuthority,
      autoMode: true,
      nodegroups: [
        { name: "general", amiType: "AL2023_x86_64_STANDARD", desiredSize: 7 },
        { name: "win2022", amiType: "WINDOWS_CORE_2022_x86_64", desiredSize: 1 },
        { name: "burst", amiType: "AL2023_x86_64_STANDARD", desiredSize: 0 },
      ],
    },
    {
      name: "batch-legacy",
      version: "1.31",
      certificateAuthority,
      nodegroups: [
        { name: "al2-general", amiType: "AL2_x86_64", desiredSize: 1 },
        { name: "al2023-site", amiType: "AL2023_x86_64_STANDARD", desiredSize: 1 },
        { name: "ubuntu", amiType: "CUSTOM", desiredSize: 1 },
        { name: "br-general", amiType: "BOTTLEROCKET_x86_64", desiredSize: 3 },
      ],
      fargateProfiles: ["nightly"],
    },
  ],
  nodes: [
    // Unchanged nodes of each operating system.
    node("i-0a12b34c56d78e901", managed("batch-legacy", "al2-general"), al2, "al2"),
    node("i-0b23c45d67e89f012", managed("prod-apps", "general"), al2023, "al2023"),
    node("i-01a2b3c4d5e6f7089", managed("batch-legacy", "ubuntu"), ubuntu, "ubuntu"),
    node("i-0f67a89b01c23d456", managed("batch-legacy", "br-general"), bottlerocket, "bottlerocket-control"),
    // Bottlerocket in standalone mode, which does not authenticate clients.
    node("i-0f708192a3b4c5d6e", managed("batch-legacy", "br-general"), bottlerocket, "bottlerocket-control", {
      tree: { kind: "bottlerocket-control", change: bottlerocketChanges.standalone },
    }),
    // Bottlerocket before 1.15, which cannot report on its kubelet.
    node(
      "i-0f8192a3b4c5d6e7f",
      managed("batch-legacy", "br-general"),
      { ...bottlerocket, platformVersion: "1.14.3" },
      "bottlerocket-control",
      { tree: { kind: "bottlerocket-control", change: bottlerocketChanges.tooOld } },
    ),
    node("i-02b3c4d5e6f708192", managed("prod-apps", "win2022"), windows, "windows", {
      instance: { ...named("windows"), platform: "windows" },
    }),
    // A hybrid node: a machine outside EC2, managed by SSM.
    {
      id: "mi-0f1e2d3c4b5a69788",
      tags: { EKSClusterARN: describeCluster.cluster.arn },
      agent: online("Ubuntu", "24.04"),
      tree: { kind: "hybrid" },
    },
    // A harmless drop-in.
    node("i-0c34d56e78f90a123", karpenter("prod-apps", "general"), al2023, "al2023-dropin"),
    // A drop-in that overrides the compliant main file.
    node("i-0d45e67f89a01b234", managed("batch-legacy", "al2023-site"), al2023, "al2023-dropin-bad"),
    // A flag that names a CA which is not the cluster's.
    node("i-0e56f78a90b12c345", managed("prod-apps", "general"), al2023, "al2023-wrong-ca"),
    // Two nodes without a config file: one with complete flags, one with hardly any.
    node("i-04d5e6f708192a3b4", selfManaged("batch-legacy"), rocky, "self-managed-flags"),
    node("i-05e6f708192a3b4c5", selfManaged("batch-legacy"), rocky, "self-managed-flags", {
      tree: { kind: "self-managed-flags", change: { cmdline: "cmdline-bad.bin" } },
    }),
    // The main file sets the client CA; a flag sets it to "".
    node("i-06f708192a3b4c5d6", managed("prod-apps", "general"), al2023, "al2023", {
      tree: {
        kind: "al2023",
        change: {
          argv: [
            "/usr/bin/kubelet",
            "--kubeconfig=/var/lib/kubelet/kubeconfig",
            "--config=/etc/kubernetes/kubelet/config.json",
            "--client-ca-file=",
          ],
        },
      },
    }),
    // Never registered with SSM.
    { id: "i-0708192a3b4c5d6e7", tags: managed("prod-apps", "general"), instance, tree: { kind: "al2023" } },
    // The SSM agent lost its connection.
    node("i-08192a3b4c5d6e7f8", managed("prod-apps", "general"), { ...al2023, ping: "ConnectionLost" }, "al2023"),
    // Accepts the command and never replies.
    node("i-092a3b4c5d6e7f809", managed("prod-apps", "general"), al2023, "al2023", { behaviour: "hangs" }),
    // Evidence longer than ListCommandInvocations returns, but shorter than GetCommandInvocation's limit.
    node("i-0a3b4c5d6e7f8091a", karpenterBeforeV1("prod-apps", "general"), al2023, "al2023-dropin", {
      tree: {
        kind: "al2023-dropin",
        change: { files: { "/etc/kubernetes/kubelet/config.json.d/50-sysctls.conf": noisyDropIn(60) } },
      },
    }),
    // A Karpenter node whose node pool tag was removed.
    node(
      "i-0e7f8091a2b3c4d5e",
      { "eks:eks-cluster-name": "prod-apps", "kubernetes.io/cluster/prod-apps": "owned" },
      al2023,
      "al2023-dropin",
    ),
    // Prints something other than evidence.
    node("i-0b4c5d6e7f8091a2b", managed("prod-apps", "general"), al2023, "al2023", {
      behaviour: { prints: "Segmentation fault\n" },
    }),
    // Self-managed in a cluster that `selfManagedClusters` omits: IAM denies commands to it.
    node("i-0d6e7f8091a2b3c4d", selfManaged("prod-apps"), al2023, "al2023"),
    // Managed by EKS Auto Mode, so AWS allows no access.
    {
      id: "i-03c4d5e6f70819203",
      tags: karpenter("prod-apps", "general-purpose"),
      instance: { ...instance, operator: "eks.amazonaws.com" },
    },
    // Stopped, so not a node now.
    node("i-0c5d6e7f8091a2b3c", managed("prod-apps", "general"), al2023, "al2023", {
      instance: { ...instance, state: "stopped" },
    }),
  ],
});

/**
 * The sample account-Region with a third cluster, `lab`, with one node for each failing rule and each reason of an unreadable
 * node.
 */
export function wholeRegion(): InitialRegion {
  const { clusters, nodes, ...rest } = sampleRegion();
  const lab = { cluster: labCluster(certificateAuthority), nodes: labNodes(instance, al2023) };
  return { ...rest, clusters: [...clusters, lab.cluster], nodes: [...nodes, ...lab.nodes] };
}
