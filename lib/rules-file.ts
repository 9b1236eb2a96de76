import { ownRuleCompiler } from "../lambda/own-rules/compile.ts";
import type { OwnRule } from "../lambda/own-rules/own-rule.ts";
import { OwnRulesError, readOwnRules } from "../lambda/own-rules/read-own-rules.ts";
import { readTextFile } from "./text-file.ts";

/**
 * Reads a file with rules and checks their expressions. Throws OwnRulesError if it cannot be read or a rule is not
 * valid.
 */
export function readRulesFile(path: string): OwnRule[] {
  const text = readTextFile(path, (reason) => new OwnRulesError(path, [reason]));
  const { rules, placeOf } = readOwnRules(text, path);
  const compiler = ownRuleCompiler();
  const problems: string[] = [];
  for (const [index, rule] of rules.entries()) {
    compiler.check(rule, (member, { message, at }) => {
      problems.push(`${placeOf([index, member], at)}: ${message}`);
    });
  }
  if (problems.length > 0) throw new OwnRulesError(path, problems);
  return rules;
}
