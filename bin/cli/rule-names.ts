import { rules } from "../../lambda/rules/index.ts";
import type { Rule } from "../../lambda/rules/kit/rule.ts";
import { nearest } from "../../lambda/text.ts";

/** Benchmark version whose numbers the command line accepts and shows. It is the newest version with public numbers. */
export const shownBenchmark = "1.8.0";

/** The rule with this id or CIS number. Throws an UnknownRuleError if there is none. */
export function ruleNamed(name: string): Rule {
  const rule = rules.find(({ id, cis }) => id === name || cis[shownBenchmark] === name);
  if (rule) return rule;
  throw new UnknownRuleError(name);
}

export class UnknownRuleError extends Error {
  override readonly name = "UnknownRuleError";
  constructor(name: string) {
    const numbers = new Map(rules.map(({ id, cis }) => [cis[shownBenchmark] ?? id, id]));
    const meant = nearest(name, [...numbers.keys(), ...numbers.values()]);
    const id = meant === undefined ? undefined : numbers.get(meant);
    const suggestion = id === undefined || id === meant ? meant : `${meant} (${id})`;
    super(
      `Unknown rule ${JSON.stringify(name)}.${suggestion ? ` Did you mean ${suggestion}?` : ""} Run "audit rules" for the list.`,
    );
  }
}
