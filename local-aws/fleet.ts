import type { Change } from "./node-tree.ts";

/** What one account has in one Region when the embedded AWS starts. */
export interface Fleet {
  account: string;
  region: string;
  securityHub: boolean;
  clusters: Cluster[];
  nodes: FleetNode[];
}

export interface Cluster {
  name: string;
  /** Kubernetes version, for example "1.34". */
  version: string;
  /** base64 of the PEM of the cluster's CA. */
  certificateAuthority: string;
  /** "ACTIVE" when left out. */
  status?: string;
  autoMode?: boolean;
  nodegroups: { name: string; amiType: string; desiredSize: number }[];
  fargateProfiles?: string[];
}

/** A worker node: what EC2 says of it, what SSM says of it, and what is on its disk. */
export interface FleetNode {
  /** "i-…" or "mi-…". */
  id: string;
  tags: Record<string, string>;
  /** Absent for a hybrid node. */
  instance?: Instance;
  /** Absent when no SSM agent ever registered. */
  agent?: Agent;
  /** How DescribeInstanceProperties differs from DescribeInstanceInformation about it; not at all when left out. */
  inProperties?: "missing" | "without PingStatus";
  /** How it meets a command; it answers with what the script prints when left out. */
  behaviour?: Behaviour;
  /** Which of `nodes/` is on its disk, and what is different there. */
  tree?: { kind: string; change?: Change };
}

export interface Instance {
  type: string;
  imageId: string;
  architecture: "x86_64" | "arm64";
  vpcId: string;
  subnetId: string;
  /** ISO 8601. */
  launchedAt: string;
  /** "running" when left out. */
  state?: "pending" | "running" | "shutting-down" | "terminated" | "stopping" | "stopped";
  platform?: "windows";
  /** The AWS service that manages it, as "eks.amazonaws.com" does in Auto Mode. */
  operator?: string;
}

export interface Agent {
  ping: "Online" | "ConnectionLost" | "Inactive";
  platformType: "Linux" | "Windows" | "MacOS";
  platformName: string;
  platformVersion: string;
}

/**
 * "hangs": takes the command and never answers, until it times out. `prints`: answers this instead of running the
 * script. `endsAs`: the command ends this way without running.
 */
export type Behaviour = "answers" | "hangs" | { prints: string; exitCode?: number } | { endsAs: Ending };

/** Terminal StatusDetails of a command on one node. */
export type Ending =
  | "Success"
  | "Failed"
  | "ExecutionTimedOut"
  | "DeliveryTimedOut"
  | "Undeliverable"
  | "AccessDenied"
  | "InvalidPlatform"
  | "Terminated"
  | "Cancelled";
