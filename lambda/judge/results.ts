import { type Requirement, requirementsOf, usualBenchmarks } from "../domain/requirements.ts";
import type { Reason, Result, Status, Subject } from "../domain/result.ts";
import type { BenchmarkName, BenchmarkVersion, RuleFacts } from "../domain/rule-facts.ts";
import type { Rule, Verdict } from "../rules/kit/rule.ts";
import { asText, printable } from "../text.ts";
import type { NodeVerdicts } from "./judge-node.ts";

/** The results of judging one subject, in the order of the rules, with the numbers of the picked benchmarks. */
export function resultsOf(
  subject: Subject,
  { os, benchmark, verdicts }: Pick<NodeVerdicts, "os" | "benchmark" | "verdicts">,
  picked: readonly BenchmarkName[] = usualBenchmarks,
): Result[] {
  const requirements = sharedRequirements(benchmark, picked);
  return verdicts.map(({ rule, severity, verdict }) => {
    const { value, from, fix = rule.remediation[os], letter } = verdict;
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
      ...(letter && { letter }),
      requirements: requirements(rule),
    };
  });
}

/**
 * The facts of a rule. All results of the rule share this object, so it takes memory once and is sent once per message
 * between threads.
 */
const facts = new WeakMap<Rule, RuleFacts>();

export function factsOf(rule: Rule): RuleFacts {
  const known = facts.get(rule);
  if (known) return known;
  const { id, title, failureTitle, fixTitle, why, severity, cis, cisKubernetes, stig, controls, datadog } = rule;
  const made = {
    ...{ id, title, failureTitle, fixTitle, why, severity, cis },
    ...(cisKubernetes && { cisKubernetes }),
    ...(stig && { stig }),
    ...(controls && { controls }),
    ...(datadog && { datadog }),
  };
  facts.set(rule, made);
  return made;
}

/** Requirements by version and benchmarks. The results of all nodes share them. */
const requirementsByChoice = new Map<string, WeakMap<Rule, readonly Requirement[]>>();

function sharedRequirements(
  version: BenchmarkVersion,
  picked: readonly BenchmarkName[],
): (rule: Rule) => readonly Requirement[] {
  const choice = [version, ...picked].join(" ");
  const byRule = requirementsByChoice.get(choice) ?? new WeakMap<Rule, readonly Requirement[]>();
  requirementsByChoice.set(choice, byRule);
  return (rule) => {
    const known = byRule.get(rule) ?? requirementsOf(rule, version, picked);
    byRule.set(rule, known);
    return known;
  };
}

function statusOf({ status, reason }: Verdict): Status {
  return status === "notAvailable" && reason === "NOT_APPLICABLE" ? "notApplicable" : status;
}

function reasonsOf({ status, reason, because }: Verdict): Reason[] {
  return status === "passed" ? [] : [{ code: reason ?? "NOT_COMPLIANT", because: printable(because) }];
}
