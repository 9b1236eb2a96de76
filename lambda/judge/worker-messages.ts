import type { EffectiveKubelet } from "../kubelet/effective.ts";
import { rules } from "../rules/index.ts";
import type { Rule } from "../rules/kit/rule.ts";
import type { JudgeInput, NodeVerdicts } from "./judge-node.ts";

/** What becomes of a node after it was judged: no evidence, which is large. */
export interface VerdictsOnly extends Omit<NodeVerdicts, "evidence" | "kubelet"> {
  /** Only where a report shows them: they are two fifths of a node's message. */
  settings?: EffectiveKubelet["settings"];
}

/** The same without functions, which cannot be sent between threads: rules by their ids. */
export interface PlainlyJudged extends Omit<VerdictsOnly, "verdicts"> {
  verdicts: readonly (Omit<NodeVerdicts["verdicts"][number], "rule"> & { rule: string })[];
}

export type ToWorker = JudgeInput;

/** What the thread is started with. */
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
