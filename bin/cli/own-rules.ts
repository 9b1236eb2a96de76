import { ownRuleCompiler } from "../../lambda/own-rules/compile.ts";
import type { OwnRule } from "../../lambda/own-rules/own-rule.ts";
import type { Rule } from "../../lambda/rules/kit/rule.ts";
import { readRulesFile } from "../../lib/rules-file.ts";

/** The rules of the file that --rules names. */
export interface OwnRules {
  definitions: readonly OwnRule[];
  /** The same rules, ready to judge. */
  rules: readonly Rule[];
}

/** Reads the file of --rules. Throws OwnRulesError. */
export function readOwnRulesFile(path: string): OwnRules {
  const definitions = readRulesFile(path).map((rule) => ({ ...rule, file: path }));
  return { definitions, rules: definitions.map(ownRuleCompiler().compile) };
}

export const noOwnRules: OwnRules = { definitions: [], rules: [] };
