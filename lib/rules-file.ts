import { readFileSync } from "node:fs";
import { ownRuleCompiler } from "../lambda/own-rules/compile.ts";
import type { OwnRule } from "../lambda/own-rules/own-rule.ts";
import { OwnRulesError, readOwnRules } from "../lambda/own-rules/read-own-rules.ts";

/** Reads a file with rules and checks their expressions. Throws OwnRulesError if it cannot be read or a rule is not valid. */
export function readRulesFile(path: string): OwnRule[] {
  const { rules, placeOf } = readOwnRules(textOf(path), path);
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

function textOf(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw new OwnRulesError(path, [`it cannot be read: ${error instanceof Error ? error.message : error}`]);
  }
}
