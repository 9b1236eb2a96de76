import { setTimeout as sleep } from "node:timers/promises";
import { type CommandStatus, paginateListCommands, type SSMClient } from "@aws-sdk/client-ssm";
import { inParallel } from "../aws/parallel.ts";
import type { Collected, Node, Unreadable } from "../domain/node.ts";
import type { Registrations } from "../domain/registration.ts";
import { fetchReplies, type Replies } from "./fetch-replies.ts";
import { notAskedInTime, notHeard, whyNotAsked } from "./replies.ts";
import { batchesOf, deliverySeconds, type Order, type SentCommand, sendAll } from "./send.ts";

/** Seconds after the delivery in which the document's step ends or is killed, and SSM notices. */
const executionSeconds = 60;

/** Milliseconds that a node which is well takes to answer, with time to spare: nobody is asked when less is left. */
const answerTime = 30_000;

/** Commands sent, and read at most, between two looks at those under way: two seconds' worth of sending at the client's pace. */
const sentPerRound = 10;
const readPerRound = 20;

/** Milliseconds between two looks when nothing is left to send: soon at first, then ever more rarely. */
const firstPause = 500;
const longestPause = 10_000;
const pauseGrowth = 1.5;

/** Commands whose replies are read at the same time; the client's pace is the limit that counts. */
const commandsAtOnce = 5;

/** Commands on a page of ListCommands, SSM's most. Source: AWS Systems Manager API Reference, ListCommands. */
const pageSize = 50;

/** Nodes handed on together: few at first, so that publishing begins early, then more, so that ledgers are written rarely. */
const firstBatch = 250;
const largestBatch = 1_000;

/** What some of the nodes said, or why they did not, and what went wrong on our side meanwhile. */
export interface Answers {
  replies: ReadonlyMap<Node, Collected>;
  /** The run goes on, and fails at its end. */
  trouble: readonly Error[];
}

/** Told at each look at the nodes that are waited for: how many are asked in all, and how many of them are done. */
export type Progress = (done: number, asked: number) => void;

/** There are more nodes than one run can ask. */
export class CollectionUnfinishedError extends Error {
  override readonly name = "CollectionUnfinishedError";
  constructor(left: number) {
    super(
      `The run had no time left to ask ${left} nodes; for a day they keep their verdicts. If this stays, share the nodes out among several runs.`,
    );
  }
}

/**
 * Runs the collector on every node that can be reached and brings home what it printed, batch by batch: each node is in
 * one batch, whatever happened. Nothing is asked or fetched while nobody takes the batches; what nodes print waits in SSM.
 */
export async function* collect(
  ssm: SSMClient,
  nodes: readonly Node[],
  registrations: Registrations,
  order: Order,
  tell: Progress = () => {},
): AsyncGenerator<Answers, void> {
  const { until, document } = order;
  const askUntil = until - Math.min(answerTime, (until - Date.now()) / 2);
  const gathered = startGathering();
  const whyNot = ({ instanceId }: Node) => whyNotAsked(registrations.get(instanceId));
  const online = nodes.filter((node) => whyNot(node) === undefined);
  const silent = Map.groupBy(nodes.filter(whyNot), ({ cluster }) => cluster);
  // Silent nodes go with those of their cluster, so that few ledgers are open at a time.
  const addSilent = (cluster: string) => {
    for (const node of silent.get(cluster) ?? []) gathered.refuse(node, whyNot(node));
    silent.delete(cluster);
  };

  const queue = batchesOf(online);
  let pending: readonly SentCommand[] = [];
  let heard = 0;
  let pause = firstPause;
  let isIdle = true;
  let isAnythingSent = false;
  const denials: Error[] = [];
  while (queue.length > 0 || pending.length > 0) {
    if (Date.now() >= askUntil) leaveUnasked(queue.splice(0).flat(), gathered);
    const next = queue.splice(0, sentPerRound);
    for (const { cluster } of next.flat()) addSilent(cluster);
    if (next.length === 0 && isIdle) {
      await sleep(Math.min(pause, longestPause, Math.max(0, until - Date.now())));
      pause *= pauseGrowth;
    }
    const [dispatch, underWay] = await Promise.all([
      sendAll(ssm, next, order),
      hearEnded(ssm, pending, document.name, until, gathered, (completed) => tell(heard + completed, online.length)),
    ]);
    for (const { nodes } of new Set(pending).difference(new Set(underWay))) heard += nodes.length;
    isIdle = underWay.length === pending.length;
    pending = [...underWay, ...dispatch.sent];
    isAnythingSent ||= dispatch.sent.length > 0;
    for (const [node, unreadable] of dispatch.refused) gathered.refuse(node, unreadable);
    gathered.trouble.push(...dispatch.trouble);
    denials.push(...dispatch.denials);
    yield* gathered.whole();
  }
  for (const cluster of [...silent.keys()]) addSilent(cluster);
  // Refused by IAM for some nodes is those nodes' tags; refused for every node is our policy.
  if (!isAnythingSent) gathered.trouble.push(...denials.slice(0, 1));
  yield* gathered.rest();
}

/** Answers on their way into batches. */
interface Gathering {
  add(node: Node, collected: Collected): void;
  refuse(node: Node, unreadable: Unreadable | undefined): void;
  trouble: Error[];
  /** As many batches as are full. */
  whole(): Iterable<Answers>;
  /** What is left, in one batch at least. */
  rest(): Iterable<Answers>;
}

function startGathering(): Gathering {
  const waiting: [Node, Collected][] = [];
  const trouble: Error[] = [];
  let size = firstBatch;
  const next = (): Answers => {
    const replies = new Map(waiting.splice(0, size));
    size = Math.min(2 * size, largestBatch);
    return { replies, trouble: trouble.splice(0) };
  };
  function* whole() {
    while (waiting.length > size) yield next();
  }
  return {
    add: (node, collected) => waiting.push([node, collected]),
    refuse: (node, unreadable) => unreadable && waiting.push([node, { unreadable }]),
    trouble,
    whole,
    *rest() {
      yield* whole();
      yield next();
    },
  };
}

function leaveUnasked(nodes: readonly Node[], gathered: Gathering): void {
  if (nodes.length === 0) return;
  for (const node of nodes) gathered.refuse(node, notAskedInTime);
  gathered.trouble.push(new CollectionUnfinishedError(nodes.length));
}

/** Reads the replies of commands that have ended, or whose time is over; returns those that are still under way. */
async function hearEnded(
  ssm: SSMClient,
  pending: readonly SentCommand[],
  documentName: string,
  until: number,
  gathered: Gathering,
  tell: (completed: number) => void,
): Promise<SentCommand[]> {
  if (pending.length === 0) return [];
  const statuses = await look(ssm, pending, documentName);
  tell(pending.reduce((sum, { commandId }) => sum + (statuses.get(commandId)?.completed ?? 0), 0));
  const patience = (deliverySeconds + executionSeconds) * 1000;
  const hasEnded = ({ commandId, sentAt }: SentCommand) =>
    terminal.has(statuses.get(commandId)?.status ?? "") || Date.now() >= Math.min(until, sentAt + patience);
  const ended = pending.filter(hasEnded).slice(0, readPerRound);
  await inParallel(commandsAtOnce, ended, async (command) => {
    const { collected, trouble } = await hear(ssm, command, statuses.get(command.commandId)?.details);
    for (const node of command.nodes) {
      const answer = collected.get(node.instanceId);
      if (answer) gathered.add(node, answer);
    }
    gathered.trouble.push(...trouble);
  });
  return pending.filter((command) => !ended.includes(command));
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

/** How commands stand, by command id, 50 to a call. One that SSM does not list yet has not ended. */
async function look(ssm: SSMClient, pending: readonly SentCommand[], documentName: string) {
  const oldest = pending.reduce(
    (earliest, { requestedAt }) => Math.min(earliest, requestedAt),
    Number.POSITIVE_INFINITY,
  );
  const Filters = [
    // SSM wants whole seconds, and shows what is later.
    { key: "InvokedAfter" as const, value: new Date(oldest - 1_000).toISOString().replace(/\.\d+/, "") },
    { key: "DocumentName" as const, value: documentName },
  ];
  const statuses = new Map<string, { status: string; details: string; completed: number }>();
  for await (const { Commands = [] } of paginateListCommands({ client: ssm, pageSize }, { Filters })) {
    for (const { CommandId = "", Status = "", StatusDetails = Status, CompletedCount = 0 } of Commands)
      statuses.set(CommandId, { status: Status, details: StatusDetails, completed: CompletedCount });
  }
  return statuses;
}
