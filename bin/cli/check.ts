import { type Judged, judge } from "../../lambda/judge.ts";
import type { Verdict } from "../../lambda/rules/rule.ts";
import { plain } from "../../lambda/rules/words.ts";
import { exitCodes, type Report } from "./report.ts";
import { table } from "./table.ts";

export interface CheckOptions {
  /** PEM of the cluster's own CA. */
  clusterCa?: string;
  kubernetesVersion?: string;
}

/** The machine form of `audit check`, one object a file. */
interface Checked {
  evidence: string;
  os: string | null;
  verdicts: { rule: string; status: Verdict["status"]; because: string; value: unknown; from: string | null }[];
  unreadable: string | null;
}

/** Judges one node's evidence by every rule. */
export function judgeEvidence(output: string, { clusterCa, kubernetesVersion }: CheckOptions): Judged {
  const certificateAuthority = clusterCa && Buffer.from(clusterCa).toString("base64");
  return judge({
    collected: { output },
    cluster: { ...(certificateAuthority && { certificateAuthority }) },
    now: Date.now() / 1000,
    ...(kubernetesVersion && { kubernetesVersion }),
  });
}

/** What was judged of an evidence file. */
export function checked(path: string, { os, evidence, verdicts, unreadable }: Judged): Report {
  const failed = verdicts.some(({ verdict }) => verdict.status === "failed");
  const told: Checked = {
    evidence: path,
    os: evidence ? os : null,
    verdicts: verdicts.map(({ rule, verdict: { status, because, value = null, from = null } }) => {
      return { rule: rule.id, status, because, value, from };
    }),
    unreadable: unreadable?.because ?? null,
  };
  return {
    json: told,
    text: asText(told, unreadable?.fix),
    exitCode: unreadable ? exitCodes.couldNotJudge : failed ? exitCodes.somethingFailed : exitCodes.fine,
  };
}

/** An evidence file that could not even be opened. */
export function uncheckable(path: string, reason: string): Report {
  const told: Checked = { evidence: path, os: null, verdicts: [], unreadable: reason };
  return { json: told, text: asText(told), exitCode: exitCodes.couldNotJudge };
}

function asText({ evidence, os, verdicts, unreadable }: Checked, fix?: string): string {
  const heading = `${plain(evidence)}${os ? ` (${os})` : ""}`;
  if (unreadable) return `${heading}\n  could not be judged: ${unreadable}\n${fix ? `  ${fix}\n` : ""}`;
  const rows = verdicts.map(({ rule, status, because }) => [marks[status], rule, because]);
  return `${heading}\n${table(["", "rule", "because"], rows)}\n`;
}

const marks = { passed: "passed", failed: "FAILED", notAvailable: "n/a" } as const;
