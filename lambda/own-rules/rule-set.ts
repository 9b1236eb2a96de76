import { rules } from "../rules/index.ts";
import type { Rule } from "../rules/kit/rule.ts";
import { describeOwnRule, type OwnRule } from "./own-rule.ts";

const sets = new WeakMap<readonly OwnRule[], readonly Rule[]>();

/** Returns the auditor's rules followed by the own rules. Calls with the same list return the same array. */
export function ruleSetWith(own: readonly OwnRule[]): readonly Rule[] {
  if (own.length === 0) return rules;
  const known = sets.get(own) ?? [...rules, ...own.map(describeOwnRule)];
  sets.set(own, known);
  return known;
}
