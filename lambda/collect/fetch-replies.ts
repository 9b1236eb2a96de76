import { setTimeout as sleep } from "node:timers/promises";
import {
  type CommandInvocation,
  type CommandPlugin,
  GetCommandInvocationCommand,
  InvocationDoesNotExist,
  paginateListCommandInvocations,
  type SSMClient,
} from "@aws-sdk/client-ssm";
import { DeadlineError } from "../aws/call-deadline.ts";
import type { Collected, Node } from "../domain/node.ts";
import { runsWindows } from "../domain/operating-systems.ts";
import { explainStatus, noInvocation, notFetchedInTime } from "./replies.ts";
import type { SentCommand } from "./send.ts";

/** The document's step that prints the evidence. The SSM agent skips the step for the other platform. */
function stepFor(node: Node): string {
  return runsWindows(node) ? "collectWindows" : "collect";
}

/** Maximum number of invocations on a page. Source: AWS Systems Manager API Reference, ListCommandInvocations. */
const pageSize = 50;

/**
 * SSM may list invocations a moment after the command has ended. Number of attempts to read them, and milliseconds
 * between two attempts.
 */
const looks = 5;
const pause = 1_000;

/** The replies of the nodes of one command, by instance id, and the failures while reading them. */
export interface Replies {
  collected: Map<string, Collected>;
  trouble: Error[];
}

/** The state of the command whose replies are read. */
export interface Reading {
  /** Status of the whole command; undefined when it is not known. */
  status: string | undefined;
  /** False while nodes may still run the command. Such nodes are left out of the replies. */
  isWhole: boolean;
  /** Epoch milliseconds at which the run stops fetching long outputs. */
  until: number;
  /**
   * Fetches the long outputs of a command when its turn comes. If the time ends, only the last commands lack outputs.
   * Without turns every command would lack some, even the commands that were sent first.
   */
  inTurn(fetch: () => Promise<void>): Promise<void>;
}

/** Reads the replies of the nodes of a command. */
export async function fetchReplies(ssm: SSMClient, command: SentCommand, reading: Reading): Promise<Replies> {
  const { status, isWhole } = reading;
  const invocations = await readInvocations(ssm, command, isWhole && status !== undefined && !hasNotEnded.test(status));
  const replies: Replies = { collected: new Map(), trouble: [] };
  const long: [Node, CommandInvocation][] = [];
  for (const node of command.nodes) {
    const invocation = invocations.get(node.instanceId);
    if (!isWhole && (!invocation || hasNotEnded.test(invocation.Status ?? ""))) continue;
    const collected = invocation ? readReply(node, invocation) : { unreadable: noInvocation(status) };
    if (collected) replies.collected.set(node.instanceId, collected);
    else if (invocation) long.push([node, invocation]);
  }
  const fetchLong = async () => {
    for (const [node, invocation] of long)
      replies.collected.set(
        node.instanceId,
        await fetchLongReply(ssm, node, invocation, reading.until, replies.trouble),
      );
  };
  if (long.length > 0) await reading.inTurn(fetchLong);
  return replies;
}

const hasNotEnded = /^(pending|in ?progress|delayed|cancelling)$/i;

/**
 * Invocations by instance id. Reads the list again if the command has ended, but a node is missing from the list or is
 * listed as running.
 */
async function readInvocations(client: SSMClient, { commandId, nodes }: SentCommand, commandHasEnded: boolean) {
  const invocations = new Map<string, CommandInvocation>();
  for (let look = 1; look <= (commandHasEnded ? looks : 1); look += 1) {
    if (look > 1) await sleep(pause);
    const query = { CommandId: commandId, Details: true };
    for await (const page of paginateListCommandInvocations({ client, pageSize }, query)) {
      for (const invocation of page.CommandInvocations ?? []) {
        if (invocation.InstanceId) invocations.set(invocation.InstanceId, invocation);
      }
    }
    const hasEnded = ({ instanceId }: Node) => !hasNotEnded.test(invocations.get(instanceId)?.Status ?? "Pending");
    if (nodes.every(hasEnded)) break;
  }
  return invocations;
}

/** The reply in the list; undefined if the list contains only a part of it. */
function readReply(node: Node, invocation: CommandInvocation): Collected | undefined {
  const { Status = "", StatusDetails = Status } = invocation;
  if (StatusDetails !== "Success") return { unreadable: explainStatus(StatusDetails, node, stepOf(node, invocation)) };
  const output = outputIn(node, invocation);
  return isWhole(output) ? { output } : undefined;
}

function outputIn(node: Node, invocation: CommandInvocation): string {
  return stepOf(node, invocation)?.Output ?? "";
}

function stepOf(node: Node, { CommandPlugins = [] }: CommandInvocation): CommandPlugin | undefined {
  return CommandPlugins.find(({ Name }) => Name === stepFor(node));
}

async function fetchLongReply(
  ssm: SSMClient,
  node: Node,
  invocation: CommandInvocation,
  until: number,
  trouble: Error[],
): Promise<Collected> {
  const output = outputIn(node, invocation);
  // Each long output needs a call of its own, so thousands of them would take longer than a run.
  if (Date.now() >= until) return { unreadable: notFetchedInTime };
  try {
    return { output: (await readLongOutput(ssm, invocation.CommandId ?? "", node)) ?? output };
  } catch (error) {
    if (error instanceof DeadlineError) return { unreadable: notFetchedInTime };
    if (!(error instanceof Error)) throw error;
    trouble.push(error);
    return { output };
  }
}

/**
 * ListCommandInvocations cuts output at 2,500 characters and adds a notice. The collector's END line shows that the
 * output is complete.
 */
function isWhole(output: string): boolean {
  return /^END \d+( [0-9a-f]{64})?\s*$/m.test(output) && !output.includes("---Output truncated---");
}

/**
 * Reads up to 24,000 characters of the node's output. Returns undefined if SSM does not list the invocation after all
 * attempts.
 */
async function readLongOutput(ssm: SSMClient, CommandId: string, node: Node): Promise<string | undefined> {
  const query = { CommandId, InstanceId: node.instanceId, PluginName: stepFor(node) };
  for (let look = 1; look <= looks; look += 1) {
    if (look > 1) await sleep(pause);
    try {
      const { StandardOutputContent } = await ssm.send(new GetCommandInvocationCommand(query));
      return StandardOutputContent;
    } catch (error) {
      if (!(error instanceof InvocationDoesNotExist)) throw error;
    }
  }
  return undefined;
}
