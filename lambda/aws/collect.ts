import { setTimeout as sleep } from "node:timers/promises";
import { type CommandStatus, paginateListCommands, type SSMClient } from "@aws-sdk/client-ssm";
import type { Collected, Node, Unreadable } from "../node.ts";
import { fetchReplies, type Replies } from "./fetch-replies.ts";
import { inParallel } from "./parallel.ts";
import type { Registrations } from "./registrations.ts";
import { notHeard, whyNotAsked } from "./replies.ts";
import { deliverySeconds, type Order, type SentCommand, sendToAll } from "./send.ts";

/** Seconds after the delivery in which the document's step ends or is killed, and SSM notices. */
const executionSeconds = 60;

/** Milliseconds between two looks at the commands: soon at first, then ever more rarely. */
const firstPause = 500;
const longestPause = 10_000;
const pauseGrowth = 1.5;

/** Commands whose replies are read at the same time; the client's pace is the limit that counts. */
const commandsAtOnce = 5;

/** Commands on a page of ListCommands, SSM's most. Source: AWS Systems Manager API Reference, ListCommands. */
const pageSize = 50;

/** How far AWS's clock may be behind ours, in milliseconds. */
const clockSkew = 60_000;

export interface Collection {
  /** One entry per node, whatever happened. */
  replies: Map<string, Collected>;
  /** What went wrong on our side. The run goes on, and fails at its end. */
  trouble: Error[];
}

/** Told while nodes are waited for: how many were asked, and how many of them are done. */
export type Progress = (done: number, asked: number) => void;

/** Runs the collector on every node that can be reached and brings home what it printed. */
export async function collect(
  ssm: SSMClient,
  nodes: readonly Node[],
  registrations: Registrations,
  order: Order,
  tell: Progress = () => {},
): Promise<Collection> {
  const start = Date.now();
  const replies = new Map<string, Collected>();
  const refuse = (instanceId: string, unreadable: Unreadable) => replies.set(instanceId, { unreadable });
  const online = nodes.filter(({ instanceId }) => {
    const unreadable = whyNotAsked(registrations.get(instanceId));
    if (unreadable) refuse(instanceId, unreadable);
    return unreadable === undefined;
  });
  const { sent, refused, trouble } = await sendToAll(ssm, online, order);
  for (const [instanceId, unreadable] of refused) refuse(instanceId, unreadable);

  const patience = Math.min(order.until, Date.now() + (deliverySeconds + executionSeconds) * 1000);
  const query = { documentName: order.document.name, since: start - clockSkew, patience };
  const statuses = await waitFor(ssm, sent, query, tell);
  await inParallel(commandsAtOnce, sent, async (command) => {
    const fetched = await hear(ssm, command, statuses.get(command.commandId));
    for (const [instanceId, collected] of fetched.collected) replies.set(instanceId, collected);
    trouble.push(...fetched.trouble);
  });
  return { replies, trouble };
}

/** What a command brought; when that cannot be fetched, its nodes say so, and those of other commands are not touched. */
async function hear(ssm: SSMClient, command: SentCommand, status: string | undefined): Promise<Replies> {
  return await fetchReplies(ssm, command, status).catch((error: Error) => {
    const unreadable = notHeard(`The node's answer could not be fetched: ${error.message}`);
    const collected = new Map(command.nodes.map(({ instanceId }) => [instanceId, { unreadable }]));
    return { collected, trouble: [error] };
  });
}

const terminal: ReadonlySet<string> = new Set<CommandStatus>(["Success", "Cancelled", "Failed", "TimedOut"]);

/**
 * Waits until every command has ended or patience has; returns their last statuses by command id. All commands are looked
 * at together, 50 to a call. One that SSM does not list yet has not ended.
 */
async function waitFor(
  ssm: SSMClient,
  sent: readonly SentCommand[],
  { documentName, since, patience }: { documentName: string; since: number; patience: number },
  tell: Progress,
): Promise<Map<string, string>> {
  const statuses = new Map<string, string>();
  const done = new Map<string, number>();
  const asked = sum(sent.map(({ nodes }) => nodes.length));
  const pending = new Set(sent.map(({ commandId }) => commandId));
  const Filters = [
    { key: "InvokedAfter" as const, value: new Date(since).toISOString().replace(/\.\d+/, "") },
    { key: "DocumentName" as const, value: documentName },
  ];
  for (let pause = firstPause; pending.size > 0 && Date.now() < patience; pause *= pauseGrowth) {
    await sleep(Math.min(pause, longestPause, Math.max(0, patience - Date.now())));
    for await (const { Commands = [] } of paginateListCommands({ client: ssm, pageSize }, { Filters })) {
      for (const { CommandId = "", Status = "", StatusDetails = Status, CompletedCount = 0 } of Commands) {
        if (!pending.has(CommandId)) continue;
        done.set(CommandId, CompletedCount);
        statuses.set(CommandId, StatusDetails);
        if (terminal.has(Status)) pending.delete(CommandId);
      }
    }
    tell(sum([...done.values()]), asked);
  }
  return statuses;
}

function sum(counts: readonly number[]): number {
  return counts.reduce((total, count) => total + count, 0);
}
