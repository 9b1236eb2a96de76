import type { CommandPlugin } from "@aws-sdk/client-ssm";
import type { Node, ReasonCode, Unreadable } from "../domain/node.ts";
import { clusterTagOf } from "../domain/node-tags.ts";
import type { Registration } from "../domain/registration.ts";
import { askAgain, commandFailed } from "./failed-command.ts";

/**
 * The fix for an SSM agent that is offline. Source: AWS Systems Manager User Guide, "Configure instance permissions"
 * and "VPC endpoints".
 */
const agentNeeds =
  "Start the SSM agent, attach AmazonSSMManagedInstanceCore to the node's role, and let the node reach the ssm, ssmmessages and ec2messages endpoints.";

/**
 * The fix for a node that is not registered with SSM. Source: the same guide, "Managing EC2 instances automatically
 * with Default Host Management Configuration".
 */
const registrationNeeds =
  "Attach AmazonSSMManagedInstanceCore to the role of the node's instance profile, or turn on SSM's Default Host Management Configuration in this Region. Check that the SSM agent runs and that the node reaches the ssm, ssmmessages and ec2messages endpoints.";

/** Why a node gets no command; undefined when it can get one. */
export function whyNotAsked(registration: Registration | undefined): Unreadable | undefined {
  if (registration?.unconfirmed !== undefined)
    return notHeard(`SSM could not confirm that the node is online: ${registration.unconfirmed}`);
  if (registration === undefined) {
    const because = "The node is not registered with SSM in this account and Region.";
    return { code: "NOT_REGISTERED_WITH_SSM", because, fix: registrationNeeds };
  }
  const { PingStatus = "unknown", PlatformType = "unknown", PlatformName = "an unknown system" } = registration;
  if (PlatformType !== "Linux" && PlatformType !== "Windows") {
    const because = `The node runs ${PlatformName} (${PlatformType}), which the auditor does not support.`;
    return { code: "UNSUPPORTED_OS", because, fix: "Check the kubelet of this node by hand." };
  }
  if (PingStatus === "Online") return undefined;
  const code = PingStatus === "ConnectionLost" ? "SSM_CONNECTION_LOST" : "SSM_AGENT_OFFLINE";
  return { code, because: `The node's SSM agent is not online (ping status ${PingStatus}).`, fix: agentNeeds };
}

/**
 * Reasons by StatusDetails of Run Command, in lower case without blanks. Source: AWS Systems Manager User Guide,
 * "Understanding command statuses". The reasons for "Access Denied" and "Failed" depend on the node and its reply.
 */
const statuses: ReadonlyMap<string, Unreadable> = new Map(
  Object.entries({
    pending: silent("The command was still pending when the run stopped waiting."),
    inprogress: silent("The command was still running on the node when the run stopped waiting."),
    delayed: silent("SSM was still trying to deliver the command when the run stopped waiting."),
    deliverytimedout: fails("DELIVERY_TIMED_OUT", "SSM could not deliver the command in time.", agentNeeds),
    executiontimedout: fails(
      "EXECUTION_TIMED_OUT",
      "The command exceeded its time limit on the node.",
      "Check the node's load.",
    ),
    timedout: fails(
      "EXECUTION_TIMED_OUT",
      "The command exceeded its time limit.",
      "Check the node's load and its SSM agent.",
    ),
    cancelled: fails("COMMAND_CANCELLED", "The command was cancelled by hand.", "Let the next run finish."),
    cancelling: fails("COMMAND_CANCELLED", "The command was being cancelled by hand.", "Let the next run finish."),
    undeliverable: fails(
      "UNDELIVERABLE",
      "SSM could not deliver the command: the node is terminated or does not respond.",
      agentNeeds,
    ),
    terminated: fails("COMMAND_TERMINATED", "SSM stopped the command because it failed on other nodes.", askAgain),
    invalidplatform: fails(
      "INVALID_PLATFORM",
      "The command does not support the node's platform.",
      "Check the kubelet by hand.",
    ),
    rateexceeded: fails(
      "COMMAND_CANCELLED",
      "SSM dropped the command because the account has too many pending commands.",
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

/** The reason for a status other than Success. `plugin` is the reply of the node's step. */
export function explainStatus(statusDetails: string, node: Node, plugin?: CommandPlugin): Unreadable {
  const status = statusDetails.replace(/\s/g, "").toLowerCase().replace("canceled", "cancelled");
  if (status === "accessdenied") return accessDenied(node);
  if (status === "failed") return commandFailed(plugin);
  const because = `SSM ended the command with the unexpected status ${JSON.stringify(statusDetails)}.`;
  return statuses.get(status) ?? fails("COMMAND_FAILED", because, askAgain);
}

/**
 * The reason for "Access Denied". The role may send commands only to nodes with certain tags. The clusters of
 * self-managed nodes also have to be in the setting selfManagedClusters.
 */
export function accessDenied({ group, cluster, tags }: Node): Unreadable {
  const tag = clusterTagOf(cluster);
  const retag = tag in tags ? "" : `Add the tag ${tag} to the instance, because IAM cannot match its other tags. `;
  const fixes: Record<Node["group"]["kind"], string> = {
    "managed node group": "Restore the tag eks:cluster-name on the instance.",
    "Karpenter node pool": "Restore the tag karpenter.sh/nodepool or eks:eks-cluster-name on the instance.",
    "self-managed": `${retag}Add "${cluster}" to the setting selfManagedClusters${retag && " if it is missing there"} and deploy again.`,
    hybrid: "Deploy with the setting hybrid, and restore the tag EKSClusterARN on the managed instance.",
  };
  return fails(
    "ACCESS_DENIED",
    "The auditor's role is not allowed to send its command to this node.",
    fixes[group.kind],
  );
}

/** SSM rejected an instance id that it had listed as online a moment before. */
export const gone: Unreadable = {
  code: "INSTANCE_GONE",
  because: "SSM no longer lists the instance: it was terminated or deregistered during the run.",
  fix: "Nothing, if the instance was terminated. Otherwise restart its SSM agent.",
};

/** The auditor or AWS failed, so the node's evidence is missing through no fault of the node. */
export function notHeard(what: string): Unreadable {
  return { code: "NO_REPLY", because: what, fix: "Nothing on the node: fix the cause of the auditor's failed run." };
}

/** The node printed its evidence, but the run ran out of time before it fetched the evidence. */
export const notFetchedInTime: Unreadable = {
  code: "OUT_OF_TIME",
  because: "The run ran out of time before it fetched the node's evidence.",
  fix: "Nothing on the node: the next run queries it first. If this recurs, split the nodes into several runs.",
};

/** The run ran out of time before it sent the command to the node. */
export const notAskedInTime: Unreadable = {
  code: "OUT_OF_TIME",
  because: "The run ran out of time before it queried the node.",
  fix: "Nothing on the node: the next run queries it. If this recurs, there are too many nodes for one run: split them into several runs.",
};

/** SSM accepted the command, but lists no invocation for the node. */
export function noInvocation(commandStatus: string | undefined): Unreadable {
  return silent(
    `SSM accepted the command but has no reply from the node; the status of the command is ${commandStatus ?? "unknown"}.`,
  );
}
