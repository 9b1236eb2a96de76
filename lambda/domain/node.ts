/** The domain: clusters, worker nodes, and why a node could not be read. Types only, no behaviour. */

/** The operating system of a node. It decides the collector's branch and the wording of a fix. */
export type OsFamily = "al2" | "al2023" | "bottlerocket" | "ubuntu" | "windows" | "linux";

export interface Cluster {
  name: string;
  arn: string;
  /** Kubernetes minor version of the control plane, for example "1.34"; absent when DescribeCluster failed. */
  version?: string;
  /** EKS cluster status, for example "ACTIVE"; absent when DescribeCluster failed. */
  status?: string;
  /** base64 of the PEM of the cluster's own CA, as DescribeCluster returns it; absent until the cluster is active. */
  certificateAuthority?: string;
  /** EKS Auto Mode is on (computeConfig.enabled). */
  autoMode: boolean;
  /** Creation time in EKS, ISO 8601. */
  createdAt?: string;
}

/**
 * What started the node: an EKS managed node group, a Karpenter node pool, the customer in EC2 (self-managed) or
 * outside AWS (hybrid).
 */
export interface NodeGroup {
  kind: "managed node group" | "Karpenter node pool" | "self-managed" | "hybrid";
  /** Absent for hybrid nodes, and when no tag names the group. */
  name?: string;
}

/** The group's name for people, or its kind if it has no name. */
export function groupLabel({ name, kind }: NodeGroup): string {
  return name ?? kind;
}

export interface Node {
  /** EC2 instance id ("i-…") or SSM managed instance id ("mi-…"). */
  instanceId: string;
  /** Full ARN in the node's own partition, Region and account. */
  arn: string;
  /** Name of the node's cluster. */
  cluster: string;
  group: NodeGroup;
  os: OsFamily;
  architecture?: string;
  instanceType?: string;
  /** The name of the instance in the DNS of its VPC, for example "ip-10-0-0-1.ec2.internal". */
  privateDnsName?: string;
  imageId?: string;
  vpcId?: string;
  subnetId?: string;
  /** Launch time in EC2, or registration time of a hybrid node in SSM; ISO 8601. */
  launchedAt?: string;
  tags: Readonly<Record<string, string>>;
}

/** Why a node, or the capacity of a whole cluster, was not audited. The codes are published as ASFF StatusReasons. */
export type ReasonCode =
  | "STARTING"
  | "NOT_REGISTERED_WITH_SSM"
  | "SSM_AGENT_OFFLINE"
  | "SSM_CONNECTION_LOST"
  | "ACCESS_DENIED"
  | "UNDELIVERABLE"
  | "DELIVERY_TIMED_OUT"
  | "EXECUTION_TIMED_OUT"
  | "COMMAND_CANCELLED"
  | "COMMAND_TERMINATED"
  | "COMMAND_FAILED"
  | "INVALID_PLATFORM"
  | "NO_REPLY"
  | "INSTANCE_GONE"
  | "EVIDENCE_MISSING"
  | "EVIDENCE_CUT"
  | "EVIDENCE_ALTERED"
  | "EVIDENCE_UNKNOWN_FORMAT"
  | "EVIDENCE_INCOMPLETE"
  | "EVIDENCE_TOO_COSTLY"
  | "NO_KUBELET"
  | "SEVERAL_KUBELETS"
  | "KUBELET_WOULD_NOT_START"
  | "UNSUPPORTED_KUBERNETES_VERSION"
  | "UNSUPPORTED_OS"
  | "PROVIDER_MANAGED"
  | "FARGATE"
  | "OUT_OF_TIME"
  | "AUDITOR_ERROR"
  | "RULE_ERROR"
  | "MAY_HAVE_CHANGED"
  | "NOT_APPLICABLE";

/** Why a node is unreadable: a code for machines, and two sentences for people. */
export interface Unreadable {
  code: ReasonCode;
  /** One sentence that states the problem. */
  because: string;
  /** One sentence that states what to do. */
  fix: string;
}

/** The reply of one node over SSM Run Command: the collector's standard output, or why there is none. */
export type Collected = { output: string } | { unreadable: Unreadable };
