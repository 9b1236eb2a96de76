import type { OsFamily } from "../../lambda/domain/node.ts";
import { operatingSystems } from "../../lambda/domain/operating-systems.ts";
import { exitCodes, type Report } from "./report.ts";
import { ruleNamed } from "./rule-names.ts";
import { type Screen, severityWord, wrap } from "./screen.ts";

/** Report of one rule: its requirement, the reason, how it is judged, and the fix for each operating system. */
export function explainRule(name: string, screen: Screen): Report {
  const rule = ruleNamed(name);
  const { id, title, why, passes, fails, notAvailable, severity, level, cis, datadog, remediation } = rule;
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
    ...(datadog ? [paragraph("Datadog", datadog)] : []),
    ...[...fixes].map(([text, families]) =>
      paragraph(`Fix on ${families.map(([os]) => operatingSystems[os].name).join(", ")}`, text),
    ),
  ];
  const json = { id, title, severity, level: level ?? null, cis, datadog: datadog ?? null, why, passes, fails };
  return { json: { ...json, notAvailable, remediation }, text: sections.join("\n\n"), exitCode: exitCodes.fine };
}
