import type { EffectiveKubelet } from "../kubelet/effective.ts";
import { rules } from "../rules/index.ts";
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

export type ToWorker = JudgeInput;

/** The data with which the thread is started. */
export interface WorkerOptions {
  withSettings: boolean;
}

export type FromWorker = "ready" | { judged: PlainlyJudged } | { error: Pick<Error, "name" | "message"> };

export function plainly(
  { evidence: _, kubelet, verdicts, ...judged }: NodeVerdicts,
  { withSettings }: WorkerOptions,
): PlainlyJudged {
  return {
    ...judged,
    ...(withSettings && kubelet && { settings: kubelet.settings }),
    verdicts: verdicts.map(({ rule, ...verdict }) => ({ ...verdict, rule: rule.id })),
  };
}

const rulesById: ReadonlyMap<string, Rule> = new Map(rules.map((rule) => [rule.id, rule]));

export function withRules({ verdicts, ...judged }: PlainlyJudged): VerdictsOnly {
  return {
    ...judged,
    verdicts: verdicts.flatMap(({ rule: id, ...verdict }) => {
      const rule = rulesById.get(id);
      return rule ? { ...verdict, rule } : [];
    }),
  };
}
