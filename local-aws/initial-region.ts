import type { Change } from "./node-tree.ts";

/** Clusters and nodes of one account-Region when the embedded AWS starts. */
export interface InitialRegion {
  account: string;
  region: string;
  securityHub: boolean;
  clusters: Cluster[];
  nodes: EmbeddedNode[];
}

export interface Cluster {
  name: string;
  /** Kubernetes version, for example "1.34". */
  version: string;
  /** The cluster's CA certificate: PEM, base64-encoded. */
  certificateAuthority: string;
  /** Default: "ACTIVE". */
  status?: string;
  autoMode?: boolean;
  nodegroups: { name: string; amiType: string; desiredSize: number }[];
  fargateProfiles?: string[];
}

/** A worker node: its EC2 instance, its SSM agent and its file system. */
export interface EmbeddedNode {
  /** "i-…" or "mi-…". */
  id: string;
  tags: Record<string, string>;
  /** Absent for a hybrid node. */
  instance?: Instance;
  /** Absent if no SSM agent ever registered. */
  agent?: Agent;
  /** How DescribeInstanceProperties differs from DescribeInstanceInformation. Default: no difference. */
  inProperties?: "missing" | "without PingStatus";
  /** How the node reacts to a command. Default: it runs the script and returns the output. */
  behaviour?: Behaviour;
  /** File system of the node: a directory of `nodes/`, and changes to it. */
  tree?: { kind: string; change?: Change };
}

export interface Instance {
  type: string;
  imageId: string;
  architecture: "x86_64" | "arm64";
  vpcId: string;
  subnetId: string;
  /** Default: none, as in a VPC without DNS host names. */
  privateDnsName?: string;
  /** ISO 8601. */
  launchedAt: string;
  /** Default: "running". */
  state?: "pending" | "running" | "shutting-down" | "terminated" | "stopping" | "stopped";
  platform?: "windows";
  /** AWS service that manages the instance; "eks.amazonaws.com" for EKS Auto Mode. */
  operator?: string;
}

export interface Agent {
  ping: "Online" | "ConnectionLost" | "Inactive";
  platformType: "Linux" | "Windows" | "MacOS";
  platformName: string;
  platformVersion: string;
}

/**
 * "answers": runs the script and returns its output. "hangs": accepts the command and does not reply before the
 * timeout.
 * `prints`: returns this text without running the script, and `complains` as its standard error. `endsAs`: the command
 * gets this status without running.
 */
export type Behaviour =
  | "answers"
  | "hangs"
  | { prints: string; complains?: string; exitCode?: number }
  | { endsAs: Ending };

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
