import type { Node, ReasonCode, Unreadable } from "../domain/node.ts";
import { clusterTagOf } from "../domain/node-tags.ts";
import type { Registration } from "../domain/registration.ts";

/** What lets a node's SSM agent work. Source: AWS Systems Manager User Guide, "Configure instance permissions" and "VPC endpoints". */
const agentNeeds =
  "Start the SSM agent, attach AmazonSSMManagedInstanceCore to the node's role, and let the node reach the ssm, ssmmessages and ec2messages endpoints.";

/** What registers a node. Source: the same guide, "Managing EC2 instances automatically with Default Host Management Configuration". */
const registrationNeeds =
  "Attach AmazonSSMManagedInstanceCore to the role of the node's instance profile, or turn on SSM's Default Host Management Configuration in this Region. Check that the SSM agent runs and that the node reaches the ssm, ssmmessages and ec2messages endpoints.";

/** Why a node is not asked at all; undefined when it can be. */
export function whyNotAsked(registration: Registration | undefined): Unreadable | undefined {
  if (registration?.unconfirmed !== undefined)
    return notHeard(`SSM could not confirm that the node is online: ${registration.unconfirmed}`);
  if (registration === undefined) {
    const because = "The node is not registered with SSM in this account and Region.";
    return { code: "NOT_REGISTERED_WITH_SSM", because, fix: registrationNeeds };
  }
  const { PingStatus = "unknown", PlatformType = "unknown", PlatformName = "an unknown system" } = registration;
  if (PlatformType !== "Linux" && PlatformType !== "Windows") {
    const because = `The node runs ${PlatformName} (${PlatformType}), which the auditor cannot read.`;
    return { code: "UNSUPPORTED_OS", because, fix: "Check the kubelet of this node by hand." };
  }
  if (PingStatus === "Online") return undefined;
  const code = PingStatus === "ConnectionLost" ? "SSM_CONNECTION_LOST" : "SSM_AGENT_OFFLINE";
  return { code, because: `SSM has lost the node's agent (ping status ${PingStatus}).`, fix: agentNeeds };
}

const askAgain = "The next run asks again; if this stays, look at the SSM agent's log on the node.";

/**
 * StatusDetails of Run Command, lower case without blanks. Source: AWS Systems Manager User Guide, "Understanding command statuses".
 * Access Denied is not here: its fix depends on the node.
 */
const statuses: ReadonlyMap<string, Unreadable> = new Map(
  Object.entries({
    pending: silent("The command was still pending when the run had to go on."),
    inprogress: silent("The command was still running on the node when the run had to go on."),
    delayed: silent("SSM was still trying to deliver the command when the run had to go on."),
    deliverytimedout: fails("DELIVERY_TIMED_OUT", "SSM could not deliver the command in time.", agentNeeds),
    executiontimedout: fails(
      "EXECUTION_TIMED_OUT",
      "The command did not end in time on the node.",
      "Check the node's load.",
    ),
    timedout: fails(
      "EXECUTION_TIMED_OUT",
      "The command did not end in time.",
      "Check the node's load and its SSM agent.",
    ),
    failed: fails("COMMAND_FAILED", "The command failed on the node.", askAgain),
    cancelled: fails("COMMAND_CANCELLED", "Somebody cancelled the command.", "Let the next run finish."),
    cancelling: fails("COMMAND_CANCELLED", "Somebody was cancelling the command.", "Let the next run finish."),
    undeliverable: fails("UNDELIVERABLE", "SSM could not deliver the command: the node is gone or silent.", agentNeeds),
    terminated: fails("COMMAND_TERMINATED", "SSM stopped the command because others of its kind failed.", askAgain),
    invalidplatform: fails(
      "INVALID_PLATFORM",
      "The command does not fit the node's platform.",
      "Check the kubelet by hand.",
    ),
    rateexceeded: fails(
      "COMMAND_CANCELLED",
      "SSM dropped the command because the account has too many pending ones.",
      "Spread the account's other commands over time, or raise the quota of managed nodes.",
    ),
  }),
);

function silent(because: string): Unreadable {
  return { code: "NO_REPLY", because, fix: askAgain };
}

function fails(code: ReasonCode, because: string, fix: string): Unreadable {
  return { code, because, fix };
}

/** What a status other than Success means for a node. */
export function explainStatus(statusDetails: string, node: Node): Unreadable {
  const status = statusDetails.replace(/\s/g, "").toLowerCase().replace("canceled", "cancelled");
  if (status === "accessdenied") return accessDenied(node);
  const because = `SSM ended the command with the status ${JSON.stringify(statusDetails)}, which the auditor does not know.`;
  return statuses.get(status) ?? fails("COMMAND_FAILED", because, askAgain);
}

/** The role may send to nodes with certain tags; of self-managed nodes the stack has to be told the cluster. */
export function accessDenied({ group, cluster, tags }: Node): Unreadable {
  const tag = clusterTagOf(cluster);
  const retag = tag in tags ? "" : `Give the instance the tag ${tag}, since its others tell IAM nothing. `;
  const fixes: Record<Node["group"]["kind"], string> = {
    "managed node group": "Give the instance back the tag eks:cluster-name.",
    "Karpenter node pool": "Give the instance back the tag karpenter.sh/nodepool or eks:eks-cluster-name.",
    "self-managed": `${retag}Add "${cluster}" to the setting selfManagedClusters${retag && " unless it is there"} and deploy again.`,
    hybrid: "Deploy with the setting hybrid, and give the managed instance back the tag EKSClusterARN.",
  };
  return fails("ACCESS_DENIED", "The auditor's role may not send its command to this node.", fixes[group.kind]);
}

/** SSM refused an id that it had listed as online a moment before. */
export const gone: Unreadable = {
  code: "INSTANCE_GONE",
  because: "SSM no longer knows the instance: it was terminated or deregistered during the run.",
  fix: "Nothing, if the instance was terminated. Otherwise restart its SSM agent.",
};

/** The node could answer, but the auditor could not ask or not hear: no fault of the node. */
export function notHeard(what: string): Unreadable {
  return { code: "NO_REPLY", because: what, fix: "Nothing on the node: mend what made the auditor's run fail." };
}

/** The node answered, and the time of the run was over before its answer was fetched. */
export const notFetchedInTime: Unreadable = {
  code: "OUT_OF_TIME",
  because: "The time of the run was over before the node's answer was fetched.",
  fix: "Nothing on the node: the next run asks it first. If this stays, split the nodes into several runs.",
};

/** The run's time was over before it was the node's turn. */
export const notAskedInTime: Unreadable = {
  code: "OUT_OF_TIME",
  because: "The time of the run was over before the node was asked.",
  fix: "Nothing on the node: the next run asks it. If this stays, there are more nodes than one run can ask: share them out among several runs.",
};

/** There is no invocation for the node, though SSM took the command. */
export function noInvocation(commandStatus: string | undefined): Unreadable {
  return silent(`SSM has no answer from the node; it took the command, whose status is ${commandStatus ?? "unknown"}.`);
}
