import { Worker } from "node:worker_threads";
import type { Unreadable } from "../domain/node.ts";
import { type Bounds, watch } from "./cpu-watch.ts";
import type { JudgeInput } from "./judge-node.ts";
import { type FromWorker, type ToWorker, type VerdictsOnly, type WorkerOptions, withRules } from "./worker-messages.ts";

/** What came of one node: its verdicts, why it has none, or an error of the auditor. */
export type Answer = { judged: VerdictsOnly } | { unreadable: Unreadable } | { error: Error };

/** A thread in which nodes are judged, so that no node can stop the run. */
export interface JudgeThread extends AsyncDisposable {
  /** Returns an answer for each input, in order. After `signal` is aborted, the rest is OUT_OF_TIME. */
  judge(inputs: readonly JudgeInput[], signal: AbortSignal): Promise<Answer[]>;
}

/** Stock evidence takes one millisecond, the slowest known half a second. */
const usualBounds: Bounds = { cpuTime: 3_000, looks: 600 };

/** Nodes sent to the thread ahead, so that it need not wait for the next one. */
const ahead = 8;

/** MiB of the thread's heap. Evidence has at most 4 MiB. */
const heap = 256;

/** The bundle has the thread beside it as a file of its own (lib/function-code.ts). */
const workerFile = new URL(import.meta.url.endsWith(".ts") ? "./worker.ts" : "./judge-worker.mjs", import.meta.url);

/** There is no thread to judge in. */
export class JudgeThreadError extends Error {
  override readonly name = "JudgeThreadError";
  constructor(file: URL, cause: unknown) {
    const because = cause instanceof Error ? cause.message : String(cause);
    super(`The thread of ${file.pathname} did not start: ${because}. Deploy the auditor again.`, { cause });
  }
}

/**
 * Starts the thread. A node that exceeds `bounds` is EVIDENCE_TOO_COSTLY; a new thread goes on with the others. Answers
 * have the effective settings of the nodes if `withSettings` is true.
 */
export function startJudgeThread({ file = workerFile, bounds = usualBounds, withSettings = false } = {}): JudgeThread {
  let thread = startThread(file, { withSettings });
  return {
    async judge(inputs, signal) {
      const answers: Answer[] = [];
      const fill = (answer: Answer) => answers.push(...inputs.slice(answers.length).map(() => answer));
      let alone = 0;
      while (answers.length < inputs.length) {
        const { end, sent } = await judgeIn(thread, inputs, answers, { bounds, signal, alone });
        if (end === "done") break;
        await thread.worker.terminate();
        const { isReady } = thread;
        thread = startThread(file, { withSettings });
        if (end === "late") fill({ unreadable: late });
        else if (!isReady) fill({ error: new JudgeThreadError(file, end) });
        else if (end === "costly") answers.push({ unreadable: tooCostly });
        // The end of a thread can overtake its last answers, so only a node that was alone in it is known to be the cause.
        else if (sent - answers.length > 1) alone = sent;
        else answers.push(isOutOfMemory(end) ? { unreadable: tooCostly } : { error: end });
      }
      return answers;
    },
    async [Symbol.asyncDispose]() {
      await thread.worker.terminate();
    },
  };
}

interface Thread {
  worker: Worker;
  /** It has loaded its code and waits for nodes. */
  isReady: boolean;
}

function startThread(file: URL, workerData: WorkerOptions): Thread {
  const worker = new Worker(file, { workerData, resourceLimits: { maxOldGenerationSizeMb: heap } });
  const thread = { worker, isReady: false };
  thread.worker.once("message", () => {
    thread.isReady = true;
  });
  // An idle thread keeps no process alive, and one that fails while idle is noticed by the next batch.
  thread.worker.on("error", () => {}).unref();
  return thread;
}

interface Limits {
  bounds: Bounds;
  signal: AbortSignal;
  /** Inputs before this index are sent one at a time. */
  alone: number;
}

/** Why judging in one thread ended: an error is the thread's own end. */
type End = "done" | "late" | "costly" | Error;

/** Judges the inputs that have no answer yet, until all have one or the thread has to be replaced. */
async function judgeIn(
  thread: Thread,
  inputs: readonly JudgeInput[],
  answers: Answer[],
  { bounds, signal, alone }: Limits,
): Promise<{ end: End; sent: number }> {
  const { worker } = thread;
  const { promise, resolve } = Promise.withResolvers<End>();
  let sent = answers.length;
  const send = () => {
    const next = answers.length + (answers.length < alone ? 1 : ahead);
    for (const input of inputs.slice(sent, next)) worker.postMessage(input satisfies ToWorker);
    sent = Math.max(sent, Math.min(inputs.length, next));
  };
  const hear = (message: FromWorker) => {
    if (message === "ready") return;
    answers.push("judged" in message ? { judged: withRules(message.judged) } : { error: namedError(message.error) });
    if (answers.length === inputs.length) resolve("done");
    else send();
  };
  const fail = (error: Error) => resolve(error);
  const exit = (code: number) => resolve(new Error(`the thread ended with exit code ${code}`));
  const stop = () => resolve("late");

  worker.on("message", hear).on("error", fail).on("exit", exit);
  signal.addEventListener("abort", stop);
  const endWatch = watch(
    worker,
    bounds,
    () => (thread.isReady ? answers.length : -1),
    () => resolve("costly"),
  );
  if (signal.aborted) stop();
  else send();
  try {
    return { end: await promise, sent };
  } finally {
    endWatch();
    signal.removeEventListener("abort", stop);
    worker.off("message", hear).off("error", fail).off("exit", exit);
  }
}

function isOutOfMemory(error: Error): boolean {
  return "code" in error && error.code === "ERR_WORKER_OUT_OF_MEMORY";
}

function namedError({ name, message }: Pick<Error, "name" | "message">): Error {
  return Object.assign(new Error(message), { name });
}

const tooCostly: Unreadable = {
  code: "EVIDENCE_TOO_COSTLY",
  because: "Judging the node's evidence took more computing than a kubelet's configuration needs, so it was given up.",
  fix: "Find out who wrote the kubelet's command line and configuration files, and make them as small as those of other nodes.",
};

/** The time for judging was over before it was the node's turn. */
export const late: Unreadable = {
  code: "OUT_OF_TIME",
  because: "The node answered, but the time of the run was over before its answer was judged.",
  fix: 'Nothing on the node: the next run judges it anew. If this stays, the summary in the log tells which phase takes the time, and the setting "clusters" makes runs smaller.',
};
