import { rules } from "../../lambda/rules/index.ts";
import { exitCodes, type Report } from "./report.ts";
import { shownBenchmark } from "./rule-names.ts";
import { type Screen, severityWord } from "./screen.ts";
import { table } from "./table.ts";

/** Report of all rules and their definitions. */
export function listRules(screen: Screen): Report {
  const json = rules.map(
    ({ id, title, why, severity, level, cis, datadog, passes, fails, notAvailable, remediation }) => {
      return {
        id,
        title,
        severity,
        level: level ?? null,
        cis,
        datadog: datadog ?? null,
        why,
        passes,
        fails,
        notAvailable,
        remediation,
      };
    },
  );
  const rows = rules.map(({ id, cis, severity, title }) => [
    cis[shownBenchmark] ?? "",
    id,
    severityWord(severity, screen),
    title,
  ]);
  return {
    json,
    text: table([`CIS ${shownBenchmark}`, "rule", "severity", "title"], rows, screen),
    exitCode: exitCodes.fine,
  };
}
