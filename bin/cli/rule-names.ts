import type { Rule } from "../../lambda/rules/kit/rule.ts";
import { adviceOn, ruleNamed as findRule } from "../../lambda/rules/kit/rule-names.ts";

/** The rule with this id or number. Throws an UnknownRuleError if there is none. */
export function ruleNamed(name: string): Rule {
  const rule = findRule(name);
  if (rule) return rule;
  throw new UnknownRuleError(name);
}

export class UnknownRuleError extends Error {
  override readonly name = "UnknownRuleError";
  constructor(name: string) {
    const advice = adviceOn(name);
    super(`Unknown rule ${JSON.stringify(name)}.${advice ? ` ${advice}` : ""} Run "audit rules" for the list.`);
  }
}
