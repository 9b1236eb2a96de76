import { requirementText } from "../../../lambda/domain/requirements.ts";
import { idOf, type Result, type Subject } from "../../../lambda/domain/result.ts";
import type { BenchmarkName } from "../../../lambda/domain/rule-facts.ts";
import { harmless } from "../../../lambda/text.ts";
import { fixOf } from "../result.ts";

/** A result as flat columns, shared by JSON and CSV. */
const columns: Readonly<Record<string, (result: Result) => string | undefined>> = {
  status: ({ status }) => status,
  severity: ({ rule }) => rule.severity,
  rule: ({ rule }) => rule.id,
  requirement: requirementsIn,
  account: ({ subject }) => (subject.kind === "file" ? undefined : subject.place.account),
  region: ({ subject }) => (subject.kind === "file" ? undefined : subject.place.region),
  cluster: ({ subject }) => (subject.kind === "file" ? undefined : subject.cluster.name),
  nodeGroup: ({ subject }) => nodeGroupOf(subject),
  node: ({ subject }) => subject.id,
  os: ({ subject }) => (subject.kind === "cluster" ? undefined : subject.os),
  kubeletVersion: ({ subject }) => (subject.kind === "cluster" ? undefined : subject.kubeletVersion),
  reason: ({ reasons }) => reasons[0]?.code,
  because: ({ because }) => because,
  value: ({ value }) => value,
  from: ({ from }) => from,
  fix: fixOf,
  exceptedBecause: ({ exception }) => exception?.reason,
  exceptedUntil: ({ exception }) => exception?.until,
  id: idOf,
};

export const columnNames = Object.keys(columns);

/** Values by column name; null where the result has no value. */
export function columnsOf(result: Result): Record<string, string | null> {
  return Object.fromEntries(Object.entries(columns).map(([name, read]) => [name, read(result) ?? null]));
}

/** Name of the node group, escaped: it comes from a tag of the instance, which can contain any text. */
export function nodeGroupOf(subject: Subject): string | undefined {
  const name = subject.kind === "node" ? subject.node.group.name : undefined;
  return name && harmless(name);
}

function requirementsIn(result: Result): string | undefined {
  const texts = requirementTexts(result);
  return texts.length === 0 ? undefined : texts.join("; ");
}

/** Words before a number on a terminal. Numbers of the STIG need none. */
const shortTitles: Readonly<Record<BenchmarkName, string>> = {
  "cis-eks": "CIS ",
  "cis-kubernetes": "CIS K8s ",
  stig: "",
};

/** The rule's numbers in the picked benchmarks, in the form for a terminal, such as "CIS 3.2.3" and "V-242420". */
export function shortNumbers(requirements: Result["requirements"]): string[] {
  return requirements
    .filter(({ number }) => !number.startsWith("CNTR-"))
    .map(({ benchmark, number }) => `${shortTitles[benchmark]}${number}`);
}

/**
 * The rule's numbers in the picked benchmarks, worded as in Security Hub findings. Without a number, the rule's
 * controls.
 */
export function requirementTexts({ rule, requirements }: Pick<Result, "rule" | "requirements">): readonly string[] {
  return requirements.length === 0 ? (rule.controls ?? []) : requirements.map(requirementText);
}
