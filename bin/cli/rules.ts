import type { BenchmarkName } from "../../lambda/domain/rule-facts.ts";
import { rules } from "../../lambda/rules/index.ts";
import { newestBenchmark } from "../../lambda/rules/kit/benchmark.ts";
import { severityOf } from "../../lambda/rules/kit/picked.ts";
import type { Rule } from "../../lambda/rules/kit/rule.ts";
import { exitCodes, type Report } from "./report.ts";
import { type Screen, severityWord } from "./screen.ts";
import { table } from "./table.ts";

/**
 * Report of all rules and their definitions, or of those that are on with the given benchmarks, and of the own rules.
 */
export function listRules(screen: Screen, benchmarks?: readonly BenchmarkName[], own: readonly Rule[] = []): Report {
  const shown = [...rules, ...own].filter(
    (rule) => benchmarks === undefined || severityOf(rule, newestBenchmark, { benchmarks }) !== "off",
  );
  const rows = shown.map(({ id, cis, cisKubernetes, stig, severity, title }) => [
    cis[newestBenchmark] ?? "",
    id,
    severityWord(severity, screen),
    cisKubernetes ?? "",
    Object.keys(stig?.ids ?? {}).join(", "),
    title,
  ]);
  return {
    json: shown.map(ruleAsJson),
    text: table([`CIS ${newestBenchmark}`, "rule", "severity", "CIS K8s", "STIG", "title"], rows, screen),
    exitCode: exitCodes.fine,
  };
}

/** A rule in the JSON outputs. The version is in each rule, because the command `rules` prints an array. */
export function ruleAsJson(rule: Rule) {
  const {
    id,
    title,
    severity,
    level = null,
    cis,
    cisKubernetes = null,
    stig = null,
    controls = [],
    datadog = null,
  } = rule;
  const { why, passes, fails, notAvailable, remediation } = rule;
  const numbers = { level, cis, cisKubernetes, stig, controls, datadog };
  return { schemaVersion: 1, id, title, severity, ...numbers, why, passes, fails, notAvailable, remediation };
}
