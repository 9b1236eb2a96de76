import type { Severity } from "../domain/rule-facts.ts";
import type { Setting } from "../domain/setting.ts";
import type { EffectiveKubelet } from "../kubelet/effective.ts";
import type { OwnRule } from "../own-rules/own-rule.ts";
import type { Rule, Verdict } from "../rules/kit/rule.ts";
import type { JudgeInput, NodeVerdicts } from "./judge-node.ts";

/** A judged node without its evidence, which is large. */
export interface VerdictsOnly extends Omit<NodeVerdicts, "evidence" | "kubelet"> {
  /** Sent only if a report shows them, because they are two fifths of a node's message. */
  settings?: Readonly<Record<string, Setting<unknown>>>;
}

/**
 * Verdicts in the form in which threads send them. A verdict is a list, because the names of members would take a third
 * of the time of a message. A rule is an id, because functions cannot be sent between threads.
 */
export interface PlainlyJudged extends Omit<VerdictsOnly, "verdicts"> {
  verdicts: readonly PlainVerdict[];
}

type PlainVerdict = readonly [
  rule: string,
  severity: Severity,
  status: Verdict["status"],
  because: string,
  reason: Verdict["reason"],
  value: unknown,
  from: string | undefined,
  fix: string | undefined,
  letter: string | undefined,
];

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

/**
 * The fields that a file or flag sets, and those that rules read. providerID is left out: it has the instance's id, so
 * no two nodes would share their settings in the report.
 */
function shownSettings({ settings, whole }: EffectiveKubelet): Readonly<Record<string, Setting<unknown>>> {
  const set = new Map<string, Setting<unknown>>(whole?.settings("set fields"));
  set.delete("providerID");
  return { ...Object.fromEntries(set), ...settings };
}

function plainly({ evidence: _, kubelet, verdicts, ...judged }: NodeVerdicts, withSettings: boolean): PlainlyJudged {
  return {
    ...judged,
    ...(withSettings && kubelet && { settings: shownSettings(kubelet) }),
    verdicts: verdicts.map(({ rule, severity, verdict: { status, because, reason, value, from, fix, letter } }) => {
      return [rule.id, severity, status, because, reason, value, from, fix, letter];
    }),
  };
}

export function withRules({ verdicts, ...judged }: PlainlyJudged, rulesById: ReadonlyMap<string, Rule>): VerdictsOnly {
  return {
    ...judged,
    verdicts: verdicts.flatMap(([id, severity, status, because, reason, value, from, fix, letter]) => {
      const rule = rulesById.get(id);
      const verdict: Verdict = { status, because };
      if (reason !== undefined) verdict.reason = reason;
      if (value !== undefined) verdict.value = value;
      if (from !== undefined) verdict.from = from;
      if (fix !== undefined) verdict.fix = fix;
      if (letter !== undefined) verdict.letter = letter;
      return rule ? { rule, severity, verdict } : [];
    }),
  };
}
