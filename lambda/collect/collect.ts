import { setTimeout as sleep } from "node:timers/promises";
import { type CommandStatus, paginateListCommands, type SSMClient } from "@aws-sdk/client-ssm";
import { DeadlineError } from "../aws/call-deadline.ts";
import { inParallel } from "../aws/parallel.ts";
import type { Collected, Node, Unreadable } from "../domain/node.ts";
import type { Registrations } from "../domain/registration.ts";
import { fetchReplies, type Reading, type Replies } from "./fetch-replies.ts";
import { notAskedInTime, notFetchedInTime, notHeard, whyNotAsked } from "./replies.ts";
import { commandBatches, deliverySeconds, type Order, type SentCommand, sendAll } from "./send.ts";

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

/** Milliseconds after which the ended nodes of a command are read without waiting for those that still run. */
const stragglersAfter = 10_000;

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

/** Nodes answered, and the run had no time left to fetch what they printed. */
export class RepliesUnreadError extends Error {
  override readonly name = "RepliesUnreadError";
  constructor(left: number) {
    super(
      `The run had no time left to fetch the answers of ${left} nodes. Their last verdicts stay valid for 24 hours, and the next run asks them first. If this recurs, split the nodes into several runs.`,
    );
  }
}

/**
 * Runs the collector on every node that can be reached and collects what it printed, batch by batch: each node is in
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

  const queue = commandBatches(online);
  const following: Following = { ssm, documentName: document.name, until, gathered };
  let pending: readonly SentCommand[] = [];
  let heard = 0;
  let pause = firstPause;
  let isIdle = true;
  let isAnythingSent = false;
  let hasStraggled = false;
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
      hearEnded(following, pending, (completed) => tell(heard + completed, online.length)),
    ]);
    const left = nodesIn(pending) - nodesIn(underWay);
    heard += left;
    isIdle = left === 0;
    pending = [...underWay, ...dispatch.sent];
    isAnythingSent ||= dispatch.sent.length > 0;
    for (const [node, unreadable] of dispatch.refused) gathered.refuse(node, unreadable);
    for (const error of dispatch.trouble) gathered.note(error);
    denials.push(...dispatch.denials);
    yield* gathered.whole();
    // Nothing but stragglers is left: what has come is published while they are waited for, once.
    const isStraggling = queue.length === 0 && pending.length > 0 && pending.every(({ isRest }) => isRest);
    if (isStraggling && !hasStraggled) yield* gathered.all();
    hasStraggled ||= isStraggling;
  }
  for (const cluster of [...silent.keys()]) addSilent(cluster);
  if (gathered.unread() > 0) gathered.note(new RepliesUnreadError(gathered.unread()));
  // Refused by IAM for some nodes is those nodes' tags; refused for every node is our policy.
  if (!isAnythingSent) for (const denial of denials.slice(0, 1)) gathered.note(denial);
  yield* gathered.rest();
}

/** Answers on their way into batches. */
interface Gathering {
  add(node: Node, collected: Collected): void;
  refuse(node: Node, unreadable: Unreadable | undefined): void;
  /** Adds an error to the trouble of the run; of errors with the same text the first. */
  note(error: Error): void;
  /** Nodes whose answers could not be fetched in time. */
  unread(): number;
  /** As many batches as are full. */
  whole(): Iterable<Answers>;
  /** What is there, in batches. */
  all(): Iterable<Answers>;
  /** The same, in one batch at least. */
  rest(): Iterable<Answers>;
}

function startGathering(): Gathering {
  const waiting: [Node, Collected][] = [];
  const trouble: Error[] = [];
  const noted = new Set<string>();
  let unread = 0;
  let size = firstBatch;
  const next = (): Answers => {
    const replies = new Map(waiting.splice(0, size));
    size = Math.min(2 * size, largestBatch);
    return { replies, trouble: trouble.splice(0) };
  };
  function* whole() {
    while (waiting.length > size) yield next();
  }
  function* all() {
    while (waiting.length > 0) yield next();
  }
  return {
    all,
    add(node, collected) {
      waiting.push([node, collected]);
      if ("unreadable" in collected && collected.unreadable === notFetchedInTime) unread += 1;
    },
    unread: () => unread,
    refuse: (node, unreadable) => unreadable && waiting.push([node, { unreadable }]),
    note(error) {
      if (noted.has(error.message)) return;
      noted.add(error.message);
      trouble.push(error);
    },
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
  gathered.note(new CollectionUnfinishedError(nodes.length));
}

/** What it takes to follow commands. */
interface Following {
  ssm: SSMClient;
  documentName: string;
  until: number;
  gathered: Gathering;
}

function nodesIn(commands: readonly SentCommand[]): number {
  return commands.reduce((sum, { nodes }) => sum + nodes.length, 0);
}

/** Reads the replies of commands that have ended, or whose time is over, in whole or in part; returns what is still under way. */
async function hearEnded(
  { ssm, documentName, until, gathered }: Following,
  pending: readonly SentCommand[],
  tell: (completed: number) => void,
): Promise<SentCommand[]> {
  if (pending.length === 0) return [];
  const statuses = await look(ssm, pending, documentName).catch((error: Error): Statuses => {
    // How the commands stand is not known then; each is read once its time is over.
    gathered.note(error);
    return new Map();
  });
  tell(pending.reduce((sum, { commandId }) => sum + (statuses.get(commandId)?.completed ?? 0), 0));
  const patience = (deliverySeconds + executionSeconds) * 1000;
  const hasEnded = ({ commandId, sentAt }: SentCommand) =>
    terminal.has(statuses.get(commandId)?.status ?? "") || Date.now() >= Math.min(until, sentAt + patience);
  const hasStragglers = ({ commandId, sentAt, isRest }: SentCommand) =>
    !isRest && Date.now() >= sentAt + stragglersAfter && (statuses.get(commandId)?.completed ?? 0) > 0;
  const readable = pending.filter((command) => hasEnded(command) || hasStragglers(command)).slice(0, readPerRound);
  const rests = await inParallel(commandsAtOnce, readable, async (command): Promise<SentCommand> => {
    const isWhole = hasEnded(command);
    const { collected, trouble } = await hear(ssm, command, {
      status: statuses.get(command.commandId)?.details,
      isWhole,
      until,
    });
    for (const node of command.nodes) {
      const answer = collected.get(node.instanceId);
      if (answer) gathered.add(node, answer);
    }
    for (const error of trouble) gathered.note(error);
    const running = isWhole ? [] : command.nodes.filter(({ instanceId }) => !collected.has(instanceId));
    return { ...command, nodes: running, isRest: true };
  });
  return [
    ...pending.filter((command) => !readable.includes(command)),
    ...rests.filter(({ nodes }) => nodes.length > 0),
  ];
}

/** What a command brought. When that cannot be fetched, its nodes are unreadable, and those of other commands are not affected. */
async function hear(ssm: SSMClient, command: SentCommand, reading: Reading): Promise<Replies> {
  return await fetchReplies(ssm, command, reading).catch((error: Error) => {
    const unreadable =
      error instanceof DeadlineError
        ? notFetchedInTime
        : notHeard(`The node's answer could not be fetched: ${error.message}`);
    const collected = new Map(
      reading.isWhole ? command.nodes.map(({ instanceId }) => [instanceId, { unreadable }]) : [],
    );
    return { collected, trouble: [error] };
  });
}

const terminal: ReadonlySet<string> = new Set<CommandStatus>(["Success", "Cancelled", "Failed", "TimedOut"]);

type Statuses = Map<string, { status: string; details: string; completed: number }>;

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
  const statuses: Statuses = new Map();
  for await (const { Commands = [] } of paginateListCommands({ client: ssm, pageSize }, { Filters })) {
    for (const { CommandId = "", Status = "", StatusDetails = Status, CompletedCount = 0 } of Commands)
      statuses.set(CommandId, { status: Status, details: StatusDetails, completed: CompletedCount });
  }
  return statuses;
}
