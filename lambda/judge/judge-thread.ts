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
  /** Returns an answer for each input, in order. After `signal` is aborted, the remaining inputs get the reason OUT_OF_TIME. */
  judge(inputs: readonly JudgeInput[], signal: AbortSignal): Promise<Answer[]>;
}

/** Default limits. Stock evidence takes one millisecond, and the slowest known evidence half a second. */
const usualBounds: Bounds = { cpuTime: 3_000, looks: 600 };

/** Nodes sent to the thread in advance, so that it does not wait for the next one. */
const ahead = 8;

/** MiB of the thread's heap. Evidence has at most 4 MiB. */
const heap = 256;

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
 * Starts the thread. A node that exceeds `bounds` gets the reason EVIDENCE_TOO_COSTLY, and a new thread judges the others.
 */
export function startJudgeThread(settings: ThreadSettings = {}): JudgeThread {
  const { file = workerFile, bounds = usualBounds, withSettings = false, ownRules = [] } = settings;
  const options = { withSettings, ownRules };
  const rulesById = new Map(ruleSetWith(ownRules).map((rule) => [rule.id, rule]));
  let thread = startThread(file, options);
  return {
    async judge(inputs, signal) {
      const answers: Answer[] = [];
      const fill = (answer: Answer) => answers.push(...inputs.slice(answers.length).map(() => answer));
      let alone = 0;
      while (answers.length < inputs.length) {
        const { end, sent } = await judgeIn(thread, inputs, answers, { bounds, signal, alone, rulesById });
        if (end === "done") break;
        await thread.worker.terminate();
        const { isReady } = thread;
        thread = startThread(file, options);
        if (end === "late") fill({ unreadable: late });
        else if (!isReady) fill({ error: new JudgeThreadError(file, end) });
        else if (end === "costly") answers.push({ unreadable: tooCostly });
        // The event for the thread's end can arrive before its last answers. Only a node that was sent alone is certainly the cause.
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
  /** Resolves when the thread has loaded its code and waits for nodes. */
  isReady: boolean;
}

function startThread(file: URL, workerData: WorkerOptions): Thread {
  const worker = new Worker(file, { workerData, resourceLimits: { maxOldGenerationSizeMb: heap } });
  const thread = { worker, isReady: false };
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
  /** Inputs before this index are sent one at a time. */
  alone: number;
  rulesById: ReadonlyMap<string, Rule>;
}

/** Why judging in one thread ended. An error means that the thread itself ended. */
type End = "done" | "late" | "costly" | Error;

/** Judges inputs without an answer until each has one or the thread must be replaced. */
async function judgeIn(
  thread: Thread,
  inputs: readonly JudgeInput[],
  answers: Answer[],
  { bounds, signal, alone, rulesById }: Limits,
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
    answers.push(
      "judged" in message ? { judged: withRules(message.judged, rulesById) } : { error: namedError(message.error) },
    );
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
