import { Worker } from "node:worker_threads";
import type { Unreadable } from "../domain/node.ts";
import type { OwnRule } from "../own-rules/own-rule.ts";
import { ruleSetWith } from "../own-rules/rule-set.ts";
import type { Rule } from "../rules/kit/rule.ts";
import { type Bounds, watch } from "./cpu-watch.ts";
import type { JudgeInput } from "./judge-node.ts";
import { type FromWorker, type ToWorker, type VerdictsOnly, type WorkerOptions, withRules } from "./worker-messages.ts";

/** The outcome for one node: its verdicts, the reason why it has none, or an error of the auditor. */
export type Answer = { judged: VerdictsOnly } | { unreadable: Unreadable } | { error: Error };

/** A separate thread that judges nodes, so that evidence which takes too long cannot stop the run. */
export interface JudgeThread extends AsyncDisposable {
  /**
   * Returns an answer for each input, in order. After `signal` is aborted, the remaining inputs get the reason
   * OUT_OF_TIME.
   */
  judge(inputs: readonly JudgeInput[], signal: AbortSignal): Promise<Answer[]>;
}

/** Default limits. Stock evidence takes one millisecond, and the slowest known evidence half a second. */
const usualBounds: Bounds = { cpuTime: 3_000, looks: 600 };

/** Messages sent to the thread in advance, so that it does not wait for the next one. */
const ahead = 2;

/**
 * Maximum nodes in one message, and maximum characters of their evidence. With 1 node in a message, judging takes twice
 * as long as with 16; with 64 it takes as long as with 16 (measured). Stock evidence has 2,000 characters, so only long
 * evidence makes messages smaller. When the time of the run ends, the verdicts of an unfinished message are lost.
 */
const largestMessage = { nodes: 16, characters: 65_536 };

/** MiB of the thread's heap. Evidence has at most 4 MiB. */
const heap = 256;

/** MiB of the thread's new objects. The default grows with the memory of the function. */
const youngHeap = 16;

/** The thread's code. The bundle contains it as a separate file in the same folder (lib/bundle.ts). */
const workerFile = new URL(import.meta.url.endsWith(".ts") ? "./worker.ts" : "./judge-worker.mjs", import.meta.url);

/** The judging thread did not start. */
export class JudgeThreadError extends Error {
  override readonly name = "JudgeThreadError";
  constructor(file: URL, cause: unknown) {
    const because = cause instanceof Error ? cause.message : String(cause);
    super(`The thread of ${file.pathname} did not start: ${because}. Deploy the auditor again.`, { cause });
  }
}

interface ThreadSettings {
  file?: URL;
  bounds?: Bounds;
  /** Whether answers contain the effective settings of the nodes. */
  withSettings?: boolean;
  ownRules?: readonly OwnRule[];
}

/**
 * Starts the thread. A node that exceeds `bounds` gets the reason EVIDENCE_TOO_COSTLY, and a new thread judges the
 * others.
 */
export function startJudgeThread(settings: ThreadSettings = {}): JudgeThread {
  const { file = workerFile, bounds = usualBounds, withSettings = false, ownRules = [] } = settings;
  const options = { withSettings, ownRules };
  const rulesById = new Map(ruleSetWith(ownRules).map((rule) => [rule.id, rule]));
  let thread = startThread(file, options);
  return {
    async judge(inputs, signal) {
      const answers = new Map<number, Answer>();
      while (answers.size < inputs.length) {
        const waiting = [...inputs.entries()].filter(([index]) => !answers.has(index));
        const end = await judgeIn(thread, waiting, answers, { bounds, signal, rulesById });
        if (end === "done") break;
        await thread.worker.terminate();
        const { isReady, current } = thread;
        thread = startThread(file, options);
        const fill = (answer: Answer) => {
          for (const [index] of waiting) if (!answers.has(index)) answers.set(index, answer);
        };
        if (end === "late") fill({ unreadable: late });
        else if (!isReady) fill({ error: new JudgeThreadError(file, end) });
        else if (!answers.has(Atomics.load(current, 0))) {
          const isCostly = end === "costly" || isOutOfMemory(end);
          answers.set(Atomics.load(current, 0), isCostly ? { unreadable: tooCostly } : { error: end });
        }
      }
      return inputs.flatMap((_, index) => answers.get(index) ?? []);
    },
    async [Symbol.asyncDispose]() {
      await thread.worker.terminate();
    },
  };
}

interface Thread {
  worker: Worker;
  /** Whether the thread has loaded its code and waits for nodes. */
  isReady: boolean;
  /** The index of the node that the thread judges, or judged last. */
  current: Int32Array<SharedArrayBuffer>;
}

function startThread(file: URL, options: Omit<WorkerOptions, "current">): Thread {
  const current = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  const workerData: WorkerOptions = { ...options, current };
  const worker = new Worker(file, {
    workerData,
    resourceLimits: { maxOldGenerationSizeMb: heap, maxYoungGenerationSizeMb: youngHeap },
  });
  const thread = { worker, isReady: false, current };
  thread.worker.once("message", () => {
    thread.isReady = true;
  });
  // An idle thread does not keep the process alive. The next batch notices a thread that failed while idle.
  thread.worker.on("error", () => {}).unref();
  return thread;
}

interface Limits {
  bounds: Bounds;
  signal: AbortSignal;
  rulesById: ReadonlyMap<string, Rule>;
}

/** Why judging in one thread ended. An error means that the thread itself ended. */
type End = "done" | "late" | "costly" | Error;

/** Judges the waiting inputs until each has an answer or the thread must be replaced. */
async function judgeIn(
  thread: Thread,
  waiting: ToWorker,
  answers: Map<number, Answer>,
  { bounds, signal, rulesById }: Limits,
): Promise<End> {
  const { worker, current } = thread;
  const { promise, resolve } = Promise.withResolvers<End>();
  let [sent, answered, pending] = [0, 0, 0];
  const send = () => {
    for (; pending < ahead && sent < waiting.length; pending++) {
      const message = messageOf(waiting, sent);
      worker.postMessage(message);
      sent += message.length;
    }
  };
  const hear = (message: FromWorker) => {
    if (message === "ready") return;
    for (const [index, answer] of message)
      answers.set(
        index,
        "judged" in answer ? { judged: withRules(answer.judged, rulesById) } : { error: namedError(answer.error) },
      );
    answered += message.length;
    pending--;
    if (answered === waiting.length) resolve("done");
    else send();
  };
  const fail = (error: Error) => resolve(error);
  const exit = (code: number) => resolve(new Error(`the thread ended with exit code ${code}`));
  const stop = () => resolve("late");

  worker.on("message", hear).on("error", fail).on("exit", exit);
  signal.addEventListener("abort", stop);
  // If a thread ends before it begins with a node, the first node is the cause.
  Atomics.store(current, 0, waiting[0]?.[0] ?? 0);
  const endWatch = watch(
    worker,
    bounds,
    () => (thread.isReady ? Atomics.load(current, 0) : -1),
    () => resolve("costly"),
  );
  if (signal.aborted) stop();
  else send();
  try {
    return await promise;
  } finally {
    endWatch();
    signal.removeEventListener("abort", stop);
    worker.off("message", hear).off("error", fail).off("exit", exit);
  }
}

/**
 * The next message to the thread: the waiting inputs from `start` on, as many as one message may have, and at least
 * one.
 */
function messageOf(waiting: ToWorker, start: number): ToWorker {
  let [end, characters] = [start, 0];
  for (; end < waiting.length && end - start < largestMessage.nodes; end++) {
    const collected = waiting[end]?.[1].collected;
    characters += collected && "output" in collected ? collected.output.length : 0;
    if (end > start && characters > largestMessage.characters) break;
  }
  return waiting.slice(start, end);
}

function isOutOfMemory(error: Error): boolean {
  return "code" in error && error.code === "ERR_WORKER_OUT_OF_MEMORY";
}

function namedError({ name, message }: Pick<Error, "name" | "message">): Error {
  return Object.assign(new Error(message), { name });
}

const tooCostly: Unreadable = {
  code: "EVIDENCE_TOO_COSTLY",
  because:
    "Judging the node's evidence took more CPU time or memory than a kubelet's configuration needs, so the auditor stopped judging it.",
  fix: "Find out who wrote the kubelet's command line and configuration files, and make them as small as those of other nodes.",
};

/** The reason for a node that was not judged before the time of the run was over. */
export const late: Unreadable = {
  code: "OUT_OF_TIME",
  because: "The node returned evidence, but the time of the run was over before the evidence was judged.",
  fix: 'Nothing on the node: the next run judges it again. If this recurs, find the phase that takes the time in the summary in the log, and make runs smaller with the setting "clusters".',
};
