import type { OsFamily } from "../../lambda/domain/node.ts";
import { operatingSystems } from "../../lambda/domain/operating-systems.ts";
import type { StigNumbers } from "../../lambda/domain/rule-facts.ts";
import type { Rule } from "../../lambda/rules/kit/rule.ts";
import { withoutRuleNamed } from "../../lambda/rules/kit/rule-names.ts";
import type { withoutRule } from "../../lambda/rules/kit/without-rule.ts";
import { exitCodes, type Report } from "./report.ts";
import { ruleNamed } from "./rule-names.ts";
import { ruleAsJson } from "./rules.ts";
import { type Screen, severityWord, wrap } from "./screen.ts";

/** Report of one rule: its requirement, the reason, how it is judged, and the fix for each operating system. */
export function explainRule(name: string, screen: Screen, own: readonly Rule[] = []): Report {
  const without = withoutRuleNamed(name);
  if (without) return explainMissing(without, screen);
  const rule = ruleNamed(name, own);
  const { id, title, why, passes, fails, notAvailable, severity, level, cis, datadog, remediation } = rule;
  const { cisKubernetes, stig, controls } = rule;
  const heading = (text: string) => screen.paint("bold", text);
  const paragraph = (label: string, text: string) => `${heading(label)}\n${wrap(text, screen.width, 2)}`;
  const numbers = Object.entries(cis).map(([version, number]) => `${version}: ${number}`);
  // Operating systems with the same fix share a paragraph.
  const fixes = Map.groupBy(Object.entries(remediation) as [OsFamily, string][], ([, text]) => text);
  const sections = [
    `${heading(id)}  ${severityWord(severity, screen)}\n${wrap(title, screen.width)}`,
    paragraph("Why", why),
    paragraph("Passed", passes),
    paragraph("Failed", fails),
    paragraph("Not available", notAvailable),
    ...(numbers.length > 0
      ? [paragraph(`CIS Amazon EKS Benchmark (level ${level})`, numbers.join(", "))]
      : [paragraph("CIS Amazon EKS Benchmark", "This rule goes beyond the benchmark.")]),
    ...(cisKubernetes ? [paragraph("CIS Kubernetes Benchmark", `1.12.0, 2.0.1: ${cisKubernetes}`)] : []),
    ...(stig ? [paragraph("DISA Kubernetes STIG", stigText(stig))] : []),
    ...(controls ? [paragraph("Controls", controls.join(", "))] : []),
    ...(datadog ? [paragraph("Datadog", datadog)] : []),
    ...[...fixes].map(([text, families]) =>
      paragraph(`Fix on ${families.map(([os]) => operatingSystems[os].name).join(", ")}`, text),
    ),
  ];
  return { json: ruleAsJson(rule), text: sections.join("\n\n"), exitCode: exitCodes.fine };
}

function stigText({ category, ids }: StigNumbers): string {
  const pairs = Object.entries(ids).map(([vulnerability, id]) => `${vulnerability} (${id})`);
  return `${pairs.join(", ")}; category ${"I".repeat(category)}`;
}

/** Report of a number that no rule judges. */
function explainMissing({ numbers, subject, because }: (typeof withoutRule)[number], screen: Screen): Report {
  const heading = screen.paint("bold", wrap(numbers.join(", "), screen.width));
  return {
    json: { schemaVersion: 1, id: null, numbers, subject, because },
    text: `${heading}\n${wrap(`There is no rule for this: ${subject}.`, screen.width)}\n${wrap(because, screen.width)}`,
    exitCode: exitCodes.fine,
  };
}
