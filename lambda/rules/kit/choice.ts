import * as z from "zod";
import type { Severity } from "../../domain/rule-facts.ts";
import { nearest } from "../../text.ts";
import { rules } from "../index.ts";

/** Rules by id that are switched off or weighed otherwise. */
export type RuleChoice = Readonly<Record<string, "off" | Severity>>;

const schema = z.record(z.string(), z.enum(["off", "INFORMATIONAL", "LOW", "MEDIUM", "HIGH", "CRITICAL"]));

/** Reads `{"event-qps": "off", "client-ca-file": "CRITICAL"}`; absent means all rules as they are. */
export function readRuleChoice(json: string | undefined): RuleChoice {
  if (json === undefined || json === "") return {};
  const choice = schema.safeParse(parse(json));
  if (!choice.success) throw new RuleChoiceError(z.prettifyError(choice.error));
  const ids = rules.map(({ id }) => id);
  const unknown = Object.keys(choice.data).find((id) => !ids.includes(id));
  if (unknown === undefined) return choice.data;
  const meant = nearest(unknown, ids);
  throw new RuleChoiceError(`no rule is named ${JSON.stringify(unknown)}${meant ? `; did you mean "${meant}"?` : ""}`);
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    throw new RuleChoiceError(`${JSON.stringify(json)} is not JSON`);
  }
}

/** The choice of rules cannot be used. */
export class RuleChoiceError extends Error {
  override readonly name = "RuleChoiceError";

  constructor(problem: string) {
    super(
      `The choice of rules cannot be used: ${problem}. For example: {"event-qps": "off", "client-ca-file": "CRITICAL"}`,
    );
  }
}
