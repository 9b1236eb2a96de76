import * as z from "zod";
import type { Severity } from "../../domain/rule-facts.ts";
import { nearest } from "../../text.ts";
import { rules } from "../index.ts";

/** Rules by id that are switched off or have another severity. */
export type RuleChoice = Readonly<Record<string, "off" | Severity>>;

const ids = rules.map(({ id }) => id);

/** The problem with `id`, as a sentence; undefined if a rule has this id. */
export function unknownRule(id: string): string | undefined {
  if (ids.includes(id)) return undefined;
  const meant = nearest(id, ids);
  return `no rule has that name; ${meant ? `did you mean ${meant}?` : `the rules are ${ids.join(", ")}`}`;
}

const effect = z.enum(["off", "INFORMATIONAL", "LOW", "MEDIUM", "HIGH", "CRITICAL"]);

/** Model of the setting "rules". It is validated when a deployment is synthesized and when the function starts. */
export const ruleChoice = z.record(z.string(), effect).check(({ value, issues }) => {
  for (const id of Object.keys(value)) {
    const message = unknownRule(id);
    if (message) issues.push({ code: "custom", message, input: id, path: [id] });
  }
});
