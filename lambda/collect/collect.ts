import { setTimeout as sleep } from "node:timers/promises";
import { type CommandStatus, paginateListCommands, type SSMClient } from "@aws-sdk/client-ssm";
import { DeadlineError } from "../aws/call-deadline.ts";
import { inTurn } from "../aws/parallel.ts";
import type { Collected, Node, Unreadable } from "../domain/node.ts";
import type { Registrations } from "../domain/registration.ts";
import { type Bell, startBell } from "./bell.ts";
import { fetchReplies, type Reading, type Replies } from "./fetch-replies.ts";
import { notAskedInTime, notFetchedInTime, notHeard, whyNotAsked } from "./replies.ts";
import { commandBatches, deliverySeconds, type Order, type SentCommand, sendTo } from "./send.ts";

/** Seconds from the delivery of a command until its step has ended or was killed and SSM has updated the status. */
const executionSeconds = 60;

/**
 * Milliseconds that a healthy node takes to print its evidence, with a margin. With less time left, no command is sent.
 */
const answerTime = 30_000;

/** Maximum number of concurrent SendCommand calls. The client's pace is usually the stricter limit. */
const sendsAtOnce = 10;

/**
 * Maximum number of nodes that got a command and that the consumer has not received. Nodes whose command is older than
 * `stragglersAfter` do not count. If publishing is slow, the run therefore sends fewer commands, and nodes that are
 * left at its end get none. At SSM's pace, 2,950 nodes get a command within `stragglersAfter`, so nodes that do not
 * reply cannot reach the limit alone.
 */
const mostAhead = 3_000;

/**
 * Maximum number of commands whose long outputs are fetched at the same time. SSM's pace is usually the stricter limit.
 */
const longReadsAtOnce = 10;

/**
 * Milliseconds between two status queries. `pauseWhileSending` applies from the first replies on, until all commands
 * are sent. At other times the pause grows from `shortestPause` to `longestPause`.
 */
const pauseWhileSending = 2_000;
const shortestPause = 250;
const longestPause = 10_000;

/**
 * The pause before the next status query, as a share of the idle time. Idle time starts when a command is sent or its
 * replies are read.
 */
const pausePart = 0.125;

/** Milliseconds from sending a command to the first query of its status. No node replies faster. */
const fastestReply = 1_500;

/**
 * Milliseconds after which the evidence of a command's finished nodes is read while its other nodes still run. It is
 * twice the longest time that the collector usually needs. Source: lib/collect-content.ts.
 */
const stragglersAfter = 10_000;

/** Maximum number of commands on a page. Source: AWS Systems Manager API Reference, ListCommands. */
const pageSize = 50;

/**
 * Minimum number of nodes in a batch, except in the last one, and maximum. A batch exceeds the minimum if the consumer
 * is slower than the nodes.
 */
const leastBatch = 250;
const largestBatch = 1_000;

/** Maximum number of nodes in the first batch. A larger one would take longer until its first findings are sent. */
const firstBatch = 300;

/** Some of the nodes to query. */
export interface Listed {
  nodes: readonly Node[];
  /** Absent if all of these nodes can get a command. */
  registrations?: Registrations;
}

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
 * batch, with its evidence or a reason. Commands are sent while replies are read, until `mostAhead` nodes are ahead of
 * the consumer. Nodes are taken from `listed` when the next command can be sent.
 */
export async function* collect(
  ssm: SSMClient,
  listed: Iterable<Listed> | AsyncIterable<Listed>,
  order: Order,
  tell: Progress = () => {},
): AsyncGenerator<Answers, void> {
  const { until, document } = order;
  const askUntil = until - Math.min(answerTime, (until - Date.now()) / 2);
  const gathered = startGathering();
  const source = each(listed);
  const unsent: Node[][] = [];
  const unasked: Node[] = [];
  const begun = new Set<string>();
  const silent = new Map<string, [Node, Unreadable][]>();
  let asked = 0;
  // Nodes that get no command go into a batch with other nodes of their cluster, so that few ledgers are open at a
  // time.
  const addSilent = (cluster: string) => {
    for (const [node, unreadable] of silent.get(cluster) ?? []) gathered.refuse(node, unreadable);
    silent.delete(cluster);
  };
  const add = ({ nodes, registrations }: Listed) => {
    const online: Node[] = [];
    for (const node of nodes) {
      const unreadable = registrations && whyNotAsked(registrations.get(node.instanceId));
      const ofCluster = silent.get(node.cluster) ?? [];
      if (unreadable) silent.set(node.cluster, ofCluster);
      if (unreadable) ofCluster.push([node, unreadable]);
      else online.push(node);
    }
    for (const cluster of begun) addSilent(cluster);
    asked += online.length;
    for (const batch of commandBatches(online)) unsent.push(batch);
  };

  const state: Collection = {
    pending: new Set(),
    reading: 0,
    heard: 0,
    changedAt: Date.now(),
    bell: startBell(),
    isStopped: false,
  };
  const { pending, bell } = state;
  const following: Following = {
    ssm,
    documentName: document.name,
    until,
    gathered,
    state,
    inTurn: inTurn(longReadsAtOnce),
  };
  const denials: Error[] = [];
  let [isSent, isAnythingSent, hasStraggled] = [false, false, false];

  const isAhead = () => {
    // Nodes that hang do not count, so that other nodes can be queried.
    const underWay = [...pending].filter(({ sentAt }) => Date.now() < sentAt + stragglersAfter);
    return nodesIn(underWay) + state.reading + gathered.waiting() >= mostAhead;
  };
  const take = async () => {
    while (unsent.length === 0) {
      const { value } = await source.next();
      if (!value) break;
      add(value);
    }
    return unsent.shift();
  };
  const sendInTurn = async () => {
    while (!state.isStopped) {
      const left = askUntil - Date.now();
      if (left > 0 && isAhead()) {
        await Promise.race([bell.next(), sleep(Math.min(left, shortestPause))]);
        continue;
      }
      const next = await take();
      if (!next) return;
      if (Date.now() >= askUntil) {
        unasked.push(...next);
        continue;
      }
      for (const { cluster } of next) {
        begun.add(cluster);
        addSilent(cluster);
      }
      const dispatch = await sendTo(ssm, next, order);
      for (const command of dispatch.sent) pending.add(command);
      isAnythingSent ||= dispatch.sent.length > 0;
      for (const [node, unreadable] of dispatch.refused) gathered.refuse(node, unreadable);
      for (const error of dispatch.trouble) gathered.note(error);
      denials.push(...dispatch.denials);
      state.changedAt = Date.now();
      bell.ring();
    }
  };
  const send = async () => {
    await Promise.all(Array.from({ length: sendsAtOnce }, sendInTurn));
    if (unasked.length > 0) leaveUnasked(unasked, gathered);
    isSent = true;
    bell.ring();
  };
  const listen = async () => {
    while (!state.isStopped && !(isSent && pending.size === 0 && state.reading === 0)) {
      if (pending.size === 0) {
        await bell.next();
        continue;
      }
      const oldest = Math.min(...[...pending].map(({ sentAt }) => sentAt));
      await sleep(Math.max(0, Math.min(oldest + fastestReply, until) - Date.now()));
      await hearEnded(following, (completed) => tell(state.heard + state.reading + completed, asked));
      // When only slow nodes are left, the findings of the others are published while the run waits.
      const isStraggling = isSent && state.reading === 0 && [...pending].every(({ isRest }) => isRest);
      if (isStraggling && !hasStraggled && pending.size > 0) gathered.flush();
      hasStraggled ||= isStraggling;
      bell.ring();
      const idle = Date.now() - state.changedAt;
      const pause = isSent || state.heard === 0 ? Math.max(shortestPause, idle * pausePart) : pauseWhileSending;
      await sleep(Math.max(0, Math.min(pause, longestPause, until - Date.now())));
    }
  };
  let isOver = false;
  const work = Promise.all([send(), listen()]).then(() => {
    isOver = true;
  });
  // The loop sees the rejection when it awaits `work`. This line only prevents the unhandled-rejection warning until
  // then.
  work.catch(() => undefined);
  try {
    while (!isOver) {
      for (let batch = gathered.ready(); batch; batch = gathered.ready()) {
        bell.ring();
        yield batch;
      }
      await Promise.race([bell.next(), work]);
    }
  } finally {
    state.isStopped = true;
    bell.ring();
  }
  for (const cluster of [...silent.keys()]) addSilent(cluster);
  if (gathered.unread() > 0) gathered.note(new RepliesUnreadError(gathered.unread()));
  // If IAM denies the command for some nodes, their tags are wrong. If it denies all, the auditor's policy is wrong and
  // the run fails.
  if (!isAnythingSent) for (const denial of denials.slice(0, 1)) gathered.note(denial);
  yield* gathered.rest();
}

async function* each<Member>(members: Iterable<Member> | AsyncIterable<Member>): AsyncGenerator<Member, void> {
  yield* members;
}

/** The commands under way, shared by the loop that sends and the one that reads. */
interface Collection {
  /** Commands whose replies have not been read. */
  pending: Set<SentCommand>;
  /** Number of nodes of the commands that are being read. */
  reading: number;
  /** Number of nodes that have been read. */
  heard: number;
  /** When a command was last sent or read, epoch milliseconds. */
  changedAt: number;
  /** Rings when a command was sent or read, or a batch was yielded. */
  bell: Bell;
  isStopped: boolean;
}

/** Collects evidence and failures and returns them as batches. */
interface Gathering {
  add(node: Node, collected: Collected): void;
  refuse(node: Node, unreadable: Unreadable | undefined): void;
  /** Adds an error to the failures of the run, unless one with the same text was added before. */
  note(error: Error): void;
  /** Number of nodes that were not returned yet. */
  waiting(): number;
  /** Number of nodes whose evidence could not be fetched in time. */
  unread(): number;
  /** Returns the next batch if it has enough nodes. */
  ready(): Answers | undefined;
  /** Makes `ready` return batches of any size, until no node is waiting. */
  flush(): void;
  /** Returns everything in batches, and an empty batch if none was returned before. */
  rest(): Iterable<Answers>;
}

function startGathering(): Gathering {
  const waiting: [Node, Collected][] = [];
  const trouble: Error[] = [];
  const noted = new Set<string>();
  let [unread, isFlushing, isAnyReturned] = [0, false, false];
  const next = (): Answers => {
    const largest = isAnyReturned ? largestBatch : firstBatch;
    isAnyReturned = true;
    return { replies: new Map(waiting.splice(0, largest)), trouble: trouble.splice(0) };
  };
  return {
    add(node, collected) {
      waiting.push([node, collected]);
      if ("unreadable" in collected && collected.unreadable === notFetchedInTime) unread += 1;
    },
    unread: () => unread,
    waiting: () => waiting.length,
    refuse: (node, unreadable) => unreadable && waiting.push([node, { unreadable }]),
    note(error) {
      if (noted.has(error.message)) return;
      noted.add(error.message);
      trouble.push(error);
    },
    ready() {
      isFlushing &&= waiting.length > 0;
      return isFlushing || waiting.length > leastBatch ? next() : undefined;
    },
    flush() {
      isFlushing = true;
    },
    *rest() {
      while (waiting.length > 0 || trouble.length > 0 || !isAnyReturned) yield next();
    },
  };
}

function leaveUnasked(nodes: readonly Node[], gathered: Gathering): void {
  for (const node of nodes) gathered.refuse(node, notAskedInTime);
  gathered.note(new CollectionUnfinishedError(nodes.length));
}

interface Following {
  ssm: SSMClient;
  documentName: string;
  until: number;
  gathered: Gathering;
  state: Collection;
  inTurn: Reading["inTurn"];
}

function nodesIn(commands: Iterable<SentCommand>): number {
  let sum = 0;
  for (const { nodes } of commands) sum += nodes.length;
  return sum;
}

/**
 * Starts to read the replies of commands that have ended, timed out, or have both finished and slow nodes. The slow
 * nodes of a command stay pending.
 */
async function hearEnded(following: Following, tell: (completed: number) => void): Promise<void> {
  const { ssm, documentName, until, gathered, state, inTurn } = following;
  const { pending } = state;
  const statuses = await look(ssm, [...pending], documentName).catch((error: Error): Statuses => {
    // Without statuses, each command is read when its time is over.
    gathered.note(error);
    return new Map();
  });
  tell([...pending].reduce((sum, { commandId }) => sum + (statuses.get(commandId)?.completed ?? 0), 0));
  const patience = (deliverySeconds + executionSeconds) * 1000;
  const hasEnded = ({ commandId, sentAt }: SentCommand) =>
    terminal.has(statuses.get(commandId)?.status ?? "") || Date.now() >= Math.min(until, sentAt + patience);
  const hasStragglers = ({ commandId, sentAt, isRest }: SentCommand) =>
    !isRest && Date.now() >= sentAt + stragglersAfter && (statuses.get(commandId)?.completed ?? 0) > 0;
  for (const command of pending) {
    const isWhole = hasEnded(command);
    if (!isWhole && !hasStragglers(command)) continue;
    pending.delete(command);
    state.reading += command.nodes.length;
    const reading = { status: statuses.get(command.commandId)?.details, isWhole, until, inTurn };
    void read(following, command, reading);
  }
}

/** Reads the replies of one command. It never rejects. */
async function read({ ssm, gathered, state }: Following, command: SentCommand, reading: Reading): Promise<void> {
  const { collected, trouble } = await hear(ssm, command, reading);
  for (const node of command.nodes) {
    const answer = collected.get(node.instanceId);
    if (answer) gathered.add(node, answer);
  }
  for (const error of trouble) gathered.note(error);
  const running = reading.isWhole ? [] : command.nodes.filter(({ instanceId }) => !collected.has(instanceId));
  if (running.length > 0) state.pending.add({ ...command, nodes: running, isRest: true });
  state.reading -= command.nodes.length;
  state.heard += command.nodes.length - running.length;
  state.changedAt = Date.now();
  state.bell.ring();
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
