import type { AwsSecurityFinding } from "@aws-sdk/client-securityhub";
import type { Home } from "../../lambda/domain/node.ts";
import { exceptionIn } from "../../lambda/judge/excepted.ts";
import type { Judged } from "../../lambda/judge/judge.ts";
import { ruleOf } from "../../lambda/ledger/ledger.ts";
import { rules } from "../../lambda/rules/index.ts";
import type { Rule } from "../../lambda/rules/kit/rule.ts";
import { printable } from "../../lambda/text.ts";

/**
 * What every output format is made of: one rule's answer about a node, a cluster or a file of evidence. What does not print
 * is shown in its texts as an escape, so nothing in them reorders, hides or overwrites what a reader sees.
 */
export interface Result {
  /** The same in every run. */
  id: string;
  rule: Rule;
  /** "notApplicable" has nothing to judge; "notAvailable" could not be told; "excepted" failed, and somebody answers for it. */
  status: "passed" | "failed" | "excepted" | "notAvailable" | "notApplicable";
  /** One sentence or more: what was seen. */
  because: string;
  /** Machine-readable reason of what did not pass. */
  reason?: string;
  /** The effective value that was judged, as text, and where it comes from. */
  value?: string;
  from?: string;
  /** What to do; absent where nothing is to be done. */
  fix?: string;
  /** Number in the CIS benchmark version that applies. */
  benchmark?: { version: string; number: string };
  /** Why it is excepted, and the last day of that. */
  exception?: { reason: string; until: string };
  subject: Subject;
}

/** What a result is about. */
export interface Subject {
  /** Instance id, "cluster" for the cluster as a whole, or the path of a file of evidence. */
  name: string;
  /** Absent for a file. */
  place?: {
    home: Home;
    cluster: string;
    arn: string;
    /** As findings name it, for example "AwsEc2Instance". */
    resourceType: string;
  };
  nodeGroup?: string;
  os?: string;
  kubeletVersion?: string;
}

const statuses = { PASSED: "passed", FAILED: "failed", WARNING: "excepted", NOT_AVAILABLE: "notAvailable" } as const;

/** Reasons for having no verdict that nobody can or need do anything about. */
const settled = new Set(["NOT_APPLICABLE", "PROVIDER_MANAGED", "FARGATE"]);

/** The results that findings tell of: by cluster, then by node, then in the order of the rules, whoever answered first. */
export function resultsOf(home: Home, findings: readonly AwsSecurityFinding[]): Result[] {
  const results = findings.flatMap((finding) => {
    const rule = rules.find(({ id }) => id === ruleOf(finding));
    return rule ? [resultOf(home, rule, finding)] : [];
  });
  const byRule = results.sort((one, other) => rules.indexOf(one.rule) - rules.indexOf(other.rule));
  return byRule.sort((one, other) => (placeOf(one) < placeOf(other) ? -1 : Number(placeOf(one) > placeOf(other))));
}

function placeOf({ subject: { place, name } }: Result): string {
  return `${place?.cluster} ${name}`;
}

function resultOf(home: Home, rule: Rule, finding: AwsSecurityFinding): Result {
  const { Id = "", Compliance, Description = "", Remediation, Resources, ProductFields = {} } = finding;
  const { cluster = "", instanceId = "cluster", value, from, benchmarkVersion } = ProductFields;
  const { nodeGroup, os, kubeletVersion } = ProductFields;
  const [resource] = Resources ?? [];
  const reasons = (Compliance?.StatusReasons ?? []).filter(({ ReasonCode }) => ReasonCode !== "EXCEPTED");
  const [reason] = reasons;
  const isSettled = Compliance?.Status === "NOT_AVAILABLE" && settled.has(reason?.ReasonCode ?? "");
  const status = isSettled ? "notApplicable" : statuses[Compliance?.Status ?? "NOT_AVAILABLE"];
  const number = rule.cis[benchmarkVersion ?? ""];
  const told = reasons.flatMap((each) => each.Description ?? []).join(" ");
  const fix = Remediation?.Recommendation?.Text;
  return {
    id: Id,
    rule,
    status,
    because: told || withoutWhy(Description, rule),
    ...(reason?.ReasonCode && { reason: reason.ReasonCode }),
    ...(value !== undefined && { value }),
    ...(from !== undefined && { from }),
    ...(fix && status !== "passed" && status !== "notApplicable" && { fix }),
    ...(benchmarkVersion && number && { benchmark: { version: benchmarkVersion, number } }),
    ...exceptionIn(finding),
    subject: {
      name: instanceId,
      place: { home, cluster, arn: resource?.Id ?? "", resourceType: resource?.Type ?? "Other" },
      ...(nodeGroup && { nodeGroup }),
      ...(os && { os }),
      ...(kubeletVersion && { kubeletVersion }),
    },
  };
}

/** A description says what was seen, and then why the rule matters. */
function withoutWhy(description: string, { why }: Rule): string {
  return description.endsWith(why) ? description.slice(0, -why.length).trimEnd() : description;
}

/** The results of judging one file of evidence. */
export function resultsOfFile(path: string, { os, benchmark, kubeletVersion, verdicts }: Judged): Result[] {
  return verdicts.map(({ rule, verdict }) => {
    const { status, because, reason, value, from, fix = rule.remediation[os] } = verdict;
    const isSettled = status === "notAvailable" && settled.has(reason ?? "");
    const number = rule.cis[benchmark];
    return {
      id: `eks-kubelet-auditor/${rule.id}/${printable(path)}`,
      rule,
      status: isSettled ? "notApplicable" : status,
      because,
      ...(status !== "passed" && { reason: reason ?? "NOT_COMPLIANT" }),
      ...(value !== undefined && { value: printable(typeof value === "string" ? value : JSON.stringify(value)) }),
      ...(from !== undefined && { from: printable(from) }),
      ...(status !== "passed" && !isSettled && { fix }),
      ...(number && { benchmark: { version: benchmark, number } }),
      subject: { name: printable(path), os, ...(kubeletVersion && { kubeletVersion }) },
    };
  });
}
