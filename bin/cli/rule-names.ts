import type { Rule } from "../../lambda/rules/kit/rule.ts";
import { adviceOn, ruleNamed as findRule } from "../../lambda/rules/kit/rule-names.ts";
import { nearest } from "../../lambda/text.ts";

/** The rule with this id or number, also one of the own rules. Throws an UnknownRuleError if there is none. */
export function ruleNamed(name: string, own: readonly Rule[] = []): Rule {
  const rule = own.find(({ id }) => id === name) ?? findRule(name);
  if (rule) return rule;
  throw new UnknownRuleError(
    name,
    own.map(({ id }) => id),
  );
}

export class UnknownRuleError extends Error {
  override readonly name = "UnknownRuleError";
  constructor(name: string, own: readonly string[]) {
    const meant = nearest(name, own);
    const advice = meant ? `Did you mean ${meant}?` : adviceOn(name);
    super(
      `Unknown rule ${JSON.stringify(name)}.${advice ? ` ${advice}` : ""} Run "eks-kubelet-auditor rules" for the list.`,
    );
  }
}
