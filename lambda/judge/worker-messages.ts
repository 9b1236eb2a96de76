import type { EffectiveKubelet } from "../kubelet/effective.ts";
import type { OwnRule } from "../own-rules/own-rule.ts";
import type { Rule } from "../rules/kit/rule.ts";
import type { JudgeInput, NodeVerdicts } from "./judge-node.ts";

/** A judged node without its evidence, which is large. */
export interface VerdictsOnly extends Omit<NodeVerdicts, "evidence" | "kubelet"> {
  /** Sent only if a report shows them, because they are two fifths of a node's message. */
  settings?: EffectiveKubelet["settings"];
}

/** The same with rules replaced by their ids, because functions cannot be sent between threads. */
export interface PlainlyJudged extends Omit<VerdictsOnly, "verdicts"> {
  verdicts: readonly (Omit<NodeVerdicts["verdicts"][number], "rule"> & { rule: string })[];
}

/**
 * Nodes with their indexes in the batch. A message has several nodes, because sending a message takes about as long as
 * judging a node.
 */
export type ToWorker = readonly (readonly [index: number, input: JudgeInput])[];

/** The answers to one message. */
export type FromWorker = "ready" | readonly (readonly [index: number, answer: PlainAnswer])[];

export type PlainAnswer = { judged: PlainlyJudged } | { error: Pick<Error, "name" | "message"> };

/** The data with which the thread is started. */
export interface WorkerOptions {
  withSettings: boolean;
  ownRules: readonly OwnRule[];
  /** One number in memory that both threads see: the index of the node that is judged. */
  current: Int32Array<SharedArrayBuffer>;
}

/** The code of the thread: answers each message. `judge` judges one node. */
export function answerWith(judge: (input: JudgeInput) => NodeVerdicts, { current, withSettings }: WorkerOptions) {
  return (message: ToWorker): FromWorker =>
    message.map(([index, input]) => {
      Atomics.store(current, 0, index);
      try {
        return [index, { judged: plainly(judge(input), withSettings) }];
      } catch (error) {
        const { name, message } = error instanceof Error ? error : new Error(String(error));
        return [index, { error: { name, message } }];
      }
    });
}

function plainly({ evidence: _, kubelet, verdicts, ...judged }: NodeVerdicts, withSettings: boolean): PlainlyJudged {
  return {
    ...judged,
    ...(withSettings && kubelet && { settings: kubelet.settings }),
    verdicts: verdicts.map(({ rule, severity, verdict }) => ({ rule: rule.id, severity, verdict })),
  };
}

export function withRules({ verdicts, ...judged }: PlainlyJudged, rulesById: ReadonlyMap<string, Rule>): VerdictsOnly {
  return {
    ...judged,
    verdicts: verdicts.flatMap(({ rule: id, severity, verdict }) => {
      const rule = rulesById.get(id);
      return rule ? { rule, severity, verdict } : [];
    }),
  };
}
