import type { Reason, Result, Status, Subject } from "../domain/result.ts";
import type { RuleFacts } from "../domain/rule-facts.ts";
import type { Rule, Verdict } from "../rules/kit/rule.ts";
import { asText, printable } from "../text.ts";
import type { NodeVerdicts } from "./judge-node.ts";

/** The results of judging one subject, in the order of the rules. */
export function resultsOf(
  subject: Subject,
  { os, benchmark, verdicts }: Pick<NodeVerdicts, "os" | "benchmark" | "verdicts">,
): Result[] {
  return verdicts.map(({ rule, severity, verdict }) => {
    const { value, from, fix = rule.remediation[os] } = verdict;
    return {
      rule: factsOf(rule),
      subject,
      status: statusOf(verdict),
      severity,
      because: printable(verdict.because),
      reasons: reasonsOf(verdict),
      ...(value !== undefined && { value: printable(asText(value)) }),
      ...(from !== undefined && { from: printable(from) }),
      fix: printable(fix),
      benchmark,
    };
  });
}

/**
 * The facts of a rule. All results of the rule share this object, so it takes memory once and is sent once per message between
 * threads.
 */
const facts = new WeakMap<Rule, RuleFacts>();

export function factsOf(rule: Rule): RuleFacts {
  const known = facts.get(rule);
  if (known) return known;
  const { id, title, failureTitle, fixTitle, why, severity, cis, datadog } = rule;
  const made = { id, title, failureTitle, fixTitle, why, severity, cis, ...(datadog && { datadog }) };
  facts.set(rule, made);
  return made;
}

function statusOf({ status, reason }: Verdict): Status {
  return status === "notAvailable" && reason === "NOT_APPLICABLE" ? "notApplicable" : status;
}

function reasonsOf({ status, reason, because }: Verdict): Reason[] {
  return status === "passed" ? [] : [{ code: reason ?? "NOT_COMPLIANT", because: printable(because) }];
}
