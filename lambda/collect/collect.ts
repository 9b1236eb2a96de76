import { setTimeout as sleep } from "node:timers/promises";
import { type CommandStatus, paginateListCommands, type SSMClient } from "@aws-sdk/client-ssm";
import { DeadlineError } from "../aws/call-deadline.ts";
import { inParallel } from "../aws/parallel.ts";
import type { Collected, Node, Unreadable } from "../domain/node.ts";
import type { Registrations } from "../domain/registration.ts";
import { fetchReplies, type Reading, type Replies } from "./fetch-replies.ts";
import { notAskedInTime, notFetchedInTime, notHeard, whyNotAsked } from "./replies.ts";
import { commandBatches, deliverySeconds, type Order, type SentCommand, sendAll } from "./send.ts";

/** Seconds from the delivery of a command until its step has ended or was killed and SSM has updated the status. */
const executionSeconds = 60;

/**
 * Milliseconds that a healthy node takes to print its evidence, with a margin. With less time left, no command is sent.
 */
const answerTime = 30_000;

/**
 * Maximum number of commands sent, and of commands read, between two status queries. At the client's pace, sending
 * these takes two seconds.
 */
const sentPerRound = 10;
const readPerRound = 20;

/** Milliseconds between two status queries when all commands are sent. The pause grows with each query. */
const firstPause = 500;
const longestPause = 10_000;
const pauseGrowth = 1.5;

/** Milliseconds after which the evidence of a command's finished nodes is read while its other nodes still run. */
const stragglersAfter = 10_000;

/** Maximum number of commands whose replies are read at the same time. The client's pace is usually the lower limit. */
const commandsAtOnce = 5;

/** Maximum number of commands on a page. Source: AWS Systems Manager API Reference, ListCommands. */
const pageSize = 50;

/**
 * Nodes in one batch. The first is small, so that publishing begins early. Later ones are larger, so that ledgers are
 * written less often.
 */
const firstBatch = 250;
const largestBatch = 1_000;

/** One batch: the evidence of its nodes, or why a node has none, and the failures since the previous batch. */
export interface Answers {
  replies: ReadonlyMap<Node, Collected>;
  /** Failures of the auditor or of AWS. The run continues and fails at its end. */
  trouble: readonly Error[];
}

/**
 * Called after each status query with the number of nodes that have finished and the number of nodes that get a
 * command.
 */
export type Progress = (done: number, asked: number) => void;

/** The run ran out of time before it had sent the command to all nodes. */
export class CollectionUnfinishedError extends Error {
  override readonly name = "CollectionUnfinishedError";
  constructor(left: number) {
    super(
      `The run ran out of time before it could query ${left} nodes. Their last verdicts stay valid for 24 hours. If this recurs, split the nodes into several runs (docs/scale.md).`,
    );
  }
}

/** The run ran out of time before it had fetched the evidence of all nodes. */
export class RepliesUnreadError extends Error {
  override readonly name = "RepliesUnreadError";
  constructor(left: number) {
    super(
      `The run ran out of time before it could fetch the evidence of ${left} nodes. Their last verdicts stay valid for 24 hours, and the next run queries them first. If this recurs, split the nodes into several runs (docs/scale.md).`,
    );
  }
}

/**
 * Runs the collector on every node that can be reached and yields the evidence in batches. Each node is in exactly one
 * batch, with its evidence or a reason. While the consumer does not request a batch, no command is sent and no evidence
 * is fetched; SSM keeps the evidence meanwhile.
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
  // Nodes that get no command go into a batch with other nodes of their cluster, so that few ledgers are open at a
  // time.
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
    // When only slow nodes are left, the evidence so far is published once while the run waits for them.
    const isStraggling = queue.length === 0 && pending.length > 0 && pending.every(({ isRest }) => isRest);
    if (isStraggling && !hasStraggled) yield* gathered.all();
    hasStraggled ||= isStraggling;
  }
  for (const cluster of [...silent.keys()]) addSilent(cluster);
  if (gathered.unread() > 0) gathered.note(new RepliesUnreadError(gathered.unread()));
  // If IAM denies the command for some nodes, their tags are wrong. If it denies all, the auditor's policy is wrong and
  // the run fails.
  if (!isAnythingSent) for (const denial of denials.slice(0, 1)) gathered.note(denial);
  yield* gathered.rest();
}

/** Collects evidence and failures and returns them as batches. */
interface Gathering {
  add(node: Node, collected: Collected): void;
  refuse(node: Node, unreadable: Unreadable | undefined): void;
  /** Adds an error to the failures of the run, unless one with the same text was added before. */
  note(error: Error): void;
  /** Number of nodes whose evidence could not be fetched in time. */
  unread(): number;
  /** Returns full batches only. */
  whole(): Iterable<Answers>;
  /** Returns everything so far in batches; the last one may not be full. */
  all(): Iterable<Answers>;
  /** Returns everything so far in batches, and an empty batch if there is nothing. */
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

/** What `hearEnded` needs apart from the commands. */
interface Following {
  ssm: SSMClient;
  documentName: string;
  until: number;
  gathered: Gathering;
}

function nodesIn(commands: readonly SentCommand[]): number {
  return commands.reduce((sum, { nodes }) => sum + nodes.length, 0);
}

/**
 * Reads the replies of commands that have ended or timed out. If only slow nodes still run a command, it reads the
 * replies of the other nodes. Returns the commands that are still under way.
 */
async function hearEnded(
  { ssm, documentName, until, gathered }: Following,
  pending: readonly SentCommand[],
  tell: (completed: number) => void,
): Promise<SentCommand[]> {
  if (pending.length === 0) return [];
  const statuses = await look(ssm, pending, documentName).catch((error: Error): Statuses => {
    // Without statuses, each command is read when its time is over.
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

/**
 * Fetches the replies of a command. If that fails, the nodes of this command become unreadable and the other commands
 * are not affected.
 */
async function hear(ssm: SSMClient, command: SentCommand, reading: Reading): Promise<Replies> {
  return await fetchReplies(ssm, command, reading).catch((error: Error) => {
    const unreadable =
      error instanceof DeadlineError
        ? notFetchedInTime
        : notHeard(`The auditor could not fetch the node's evidence: ${error.message}`);
    const collected = new Map(
      reading.isWhole ? command.nodes.map(({ instanceId }) => [instanceId, { unreadable }]) : [],
    );
    return { collected, trouble: [error] };
  });
}

const terminal: ReadonlySet<string> = new Set<CommandStatus>(["Success", "Cancelled", "Failed", "TimedOut"]);

type Statuses = Map<string, { status: string; details: string; completed: number }>;

/** Reads the statuses of commands, by command id, 50 per call. A command that SSM does not list yet has not ended. */
async function look(ssm: SSMClient, pending: readonly SentCommand[], documentName: string) {
  const oldest = pending.reduce(
    (earliest, { requestedAt }) => Math.min(earliest, requestedAt),
    Number.POSITIVE_INFINITY,
  );
  const Filters = [
    // SSM accepts only whole seconds, and returns the commands after that time.
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
