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

export type ToWorker = JudgeInput;

/** The data with which the thread is started. */
export interface WorkerOptions {
  withSettings: boolean;
  ownRules: readonly OwnRule[];
}

export type FromWorker = "ready" | { judged: PlainlyJudged } | { error: Pick<Error, "name" | "message"> };

export function plainly(
  { evidence: _, kubelet, verdicts, ...judged }: NodeVerdicts,
  { withSettings }: Pick<WorkerOptions, "withSettings">,
): PlainlyJudged {
  return {
    ...judged,
    ...(withSettings && kubelet && { settings: kubelet.settings }),
    verdicts: verdicts.map(({ rule, ...verdict }) => ({ ...verdict, rule: rule.id })),
  };
}

export function withRules({ verdicts, ...judged }: PlainlyJudged, rulesById: ReadonlyMap<string, Rule>): VerdictsOnly {
  return {
    ...judged,
    verdicts: verdicts.flatMap(({ rule: id, ...verdict }) => {
      const rule = rulesById.get(id);
      return rule ? { ...verdict, rule } : [];
    }),
  };
}
