import { type JudgeInput, judgeNode, type NodeVerdicts } from "../../lambda/judge/judge-node.ts";
import { fixTitleOf } from "../../lambda/report/causes.ts";
import { rules } from "../../lambda/rules/index.ts";
import type { Rule, Verdict } from "../../lambda/rules/kit/rule.ts";
import { plain } from "../../lambda/text.ts";
import { requirementTexts, shortNumbers } from "./formats/columns.ts";
import { statusWord, worstFirst } from "./formats/table.ts";
import { exitCodes, type Report } from "./report.ts";
import { resultsOfFile } from "./result.ts";
import { type Screen, severityWord, wrap } from "./screen.ts";
import type { Standard } from "./standard.ts";
import { table } from "./table.ts";

export interface CheckOptions extends Standard {
  /** PEM of the cluster's own CA. */
  clusterCa?: string;
  kubernetesVersion?: string;
  /** The rules of --rules. */
  ownRules?: readonly Rule[];
}

/** JSON output of the command `check`: one object per file. */
interface Checked {
  schemaVersion: 1;
  evidence: string;
  os: string | null;
  verdicts: {
    rule: string;
    requirements: readonly string[];
    status: Verdict["status"];
    because: string;
    value: unknown;
    from: string | null;
  }[];
  unreadable: string | null;
}

/** Judges one node's evidence by every rule that is on. */
export function judgeEvidence(output: string, options: CheckOptions): NodeVerdicts {
  const { clusterCa, kubernetesVersion, ownRules = [], ...standard } = options;
  const certificateAuthority = clusterCa && Buffer.from(clusterCa).toString("base64");
  const input: JudgeInput = {
    collected: { output },
    cluster: { ...(certificateAuthority && { certificateAuthority }) },
    now: Date.now() / 1000,
    ...standard,
    ...(kubernetesVersion && { kubernetesVersion }),
  };
  return judgeNode(input, [...rules, ...ownRules]);
}

/** Exit code 2 (could not judge, or a rule has an error) takes precedence over 1 (failed). */
export function exitCodeOf({
  unreadable,
  verdicts,
  ruleErrors,
}: Pick<NodeVerdicts, "unreadable" | "verdicts" | "ruleErrors">): Report["exitCode"] {
  if (unreadable || ruleErrors.length > 0) return exitCodes.couldNotJudge;
  return verdicts.some(({ verdict }) => verdict.status === "failed") ? exitCodes.somethingFailed : exitCodes.fine;
}

/** Report of a judged evidence file. */
export function checked(path: string, judged: NodeVerdicts, screen: Screen, { benchmarks }: CheckOptions): Report {
  const { os, evidence, verdicts, unreadable } = judged;
  const results = resultsOfFile(path, judged, benchmarks);
  const document: Checked = {
    schemaVersion: 1,
    evidence: path,
    os: evidence ? os : null,
    verdicts: verdicts.map(({ rule, verdict: { status, because, value = null, from = null } }, index) => {
      const requirements = results[index] ? requirementTexts(results[index]) : [];
      return { rule: rule.id, requirements, status, because, value, from };
    }),
    unreadable: unreadable?.because ?? null,
  };
  const heading = wrap(evidence ? `${plain(path)} (${os})` : plain(path), screen.width);
  const rows = worstFirst(results).map(({ status, severity, rule, requirements, because, letter }) => [
    statusWord(status, screen),
    severityWord(severity, screen),
    [rule.id, ...shortNumbers(requirements)].join("\n"),
    status === "failed" ? `${because}\nFix: ${fixTitleOf(rule, letter)}` : because,
  ]);
  return {
    json: document,
    text: unreadable
      ? unjudged(heading, unreadable, screen)
      : `${heading}\n${table(["status", "severity", "rule", "because"], rows, screen)}\n`,
    notes: ruleProblems(judged),
    exitCode: exitCodeOf(judged),
  };
}

/** A sentence for each rule that could not be evaluated. */
export function ruleProblems({ ruleErrors }: Pick<NodeVerdicts, "ruleErrors">): string[] {
  return ruleErrors.map(
    ({ rule, error, fix }) => `the rule ${rule} could not be evaluated: ${error.replace(/[^.?!]$/, "$&.")} ${fix}`,
  );
}

/** Report of an evidence file that could not be opened. */
export function uncheckable(path: string, reason: string, screen: Screen): Report {
  const document: Checked = { schemaVersion: 1, evidence: path, os: null, verdicts: [], unreadable: reason };
  return {
    json: document,
    text: unjudged(plain(path), { because: reason }, screen),
    exitCode: exitCodes.couldNotJudge,
  };
}

function unjudged(heading: string, { because, fix }: { because: string; fix?: string }, { width }: Screen): string {
  const lines = [`could not be judged: ${because}`, ...(fix ? [fix] : [])];
  return `${[heading, ...lines.map((line) => wrap(line, width, 2))].join("\n")}\n`;
}
