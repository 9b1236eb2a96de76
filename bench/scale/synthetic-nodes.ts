import type { Cluster, EmbeddedNode } from "../../local-aws/initial-region.ts";

/** Difficulties that a benchmark can add to a run. Without them, every node replies at once with short output. */
export const troubles = ["long-answers", "hanging-node", "throttled-imports"] as const;
export type Trouble = (typeof troubles)[number];

/** Characters that make a node's output longer than ListCommandInvocations returns, so each node needs another call. */
const padding = " ".repeat(3_000);

/** Default number of nodes in a cluster. */
export const nodesInCluster = 1_000;

export interface Settings {
  troubles: readonly Trouble[];
  nodes: number;
  clusters: number;
  /** Calls per second that SSM allows for each operation. The burst is twice as large. */
  ssmRate: number;
  /** For each kind of node: the collector's output, and the platform that SSM reports. */
  kinds: readonly { prints: string; platformName: string; platformVersion: string }[];
}

const nameOf = (cluster: number) => `cluster-${cluster}`;

export function syntheticClusters({ nodes, clusters }: Settings): Cluster[] {
  return Array.from({ length: clusters }, (_, cluster) => ({
    name: nameOf(cluster),
    version: "1.34",
    certificateAuthority: "LS0t",
    nodegroups: [
      { name: "general", amiType: "AL2023_x86_64_STANDARD", desiredSize: Math.ceil(nodes / clusters / 2) },
      { name: "more", amiType: "AL2023_x86_64_STANDARD", desiredSize: Math.ceil(nodes / clusters / 2) },
    ],
  }));
}

/** Creates nodes that differ in id, subnet and launch time. `first` is the number of the first node. */
export function syntheticNodes({ nodes, clusters, kinds, troubles }: Settings, first = 0): EmbeddedNode[] {
  const hanging = troubles.includes("hanging-node") ? Math.floor(nodes / 2) : undefined;
  const tail = troubles.includes("long-answers") ? padding : "";
  return Array.from({ length: nodes }, (_, index): EmbeddedNode => {
    const number = first + index;
    const kind = kinds[number % kinds.length];
    if (!kind) throw new Error("settings.kinds must not be empty.");
    const { prints, platformName, platformVersion } = kind;
    const cluster = nameOf(Math.floor((index * clusters) / nodes));
    const group = number % 2 ? "general" : "more";
    return {
      id: `i-${(0x1_000_000_000 + number).toString(16).padStart(17, "0")}`,
      tags: {
        Name: `${cluster}-${group}`,
        "aws:eks:cluster-name": cluster,
        "eks:cluster-name": cluster,
        "eks:nodegroup-name": group,
        [`kubernetes.io/cluster/${cluster}`]: "owned",
        "k8s.io/cluster-autoscaler/enabled": "true",
      },
      instance: {
        type: "m7i.large",
        imageId: "ami-0f1e2d3c4b5a69788",
        architecture: "x86_64",
        vpcId: "vpc-0a1b2c3d4e5f60718",
        subnetId: `subnet-0a1b2c3d4e5f6071${number % 3}`,
        launchedAt: new Date(Date.UTC(2026, 9, 1) + number * 1_000).toISOString(),
      },
      agent: { ping: "Online", platformType: "Linux", platformName, platformVersion },
      behaviour: index === hanging ? "hangs" : { prints: prints + tail },
    };
  });
}
