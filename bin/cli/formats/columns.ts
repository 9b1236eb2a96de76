import type { Result } from "../result.ts";

/** A result without depth, the same for JSON and CSV. */
const columns: Readonly<Record<string, (result: Result) => string | undefined>> = {
  status: ({ status }) => status,
  severity: ({ rule }) => rule.severity,
  rule: ({ rule }) => rule.id,
  requirement: ({ benchmark }) => benchmark && requirementOf(benchmark),
  account: ({ subject }) => subject.place?.home.account,
  region: ({ subject }) => subject.place?.home.region,
  cluster: ({ subject }) => subject.place?.cluster,
  nodeGroup: ({ subject }) => subject.nodeGroup,
  node: ({ subject }) => subject.name,
  os: ({ subject }) => subject.os,
  kubeletVersion: ({ subject }) => subject.kubeletVersion,
  reason: ({ reason }) => reason,
  because: ({ because }) => because,
  value: ({ value }) => value,
  from: ({ from }) => from,
  fix: ({ fix }) => fix,
  exceptedBecause: ({ exception }) => exception?.reason,
  exceptedUntil: ({ exception }) => exception?.until,
  id: ({ id }) => id,
};

export const columnNames = Object.keys(columns);

/** By column name; null is what there is not. */
export function columnsOf(result: Result): Record<string, string | null> {
  return Object.fromEntries(Object.entries(columns).map(([name, read]) => [name, read(result) ?? null]));
}

/** As findings in Security Hub name it. */
export function requirementOf({ version, number }: NonNullable<Result["benchmark"]>): string {
  return `CIS Amazon EKS Benchmark v${version}/${number}`;
}
