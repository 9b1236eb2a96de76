import type { AwsSecurityFinding, ComplianceStatus } from "@aws-sdk/client-securityhub";

/** What Security Hub accepted last of one finding. */
export interface Published {
  status: ComplianceStatus;
  archived: boolean;
  /** Of what the finding says, see digest.ts; not asked for when it is archived. */
  digest: string;
  /** Its UpdatedAt, epoch milliseconds. */
  updatedAt: number;
}

/** One node, or the cluster as a whole, and its findings by rule id. */
export interface Subject {
  /** CreatedAt of all its findings, epoch milliseconds. It never changes. */
  createdAt: number;
  /** Since when the node has not been readable, epoch milliseconds; absent while it is. */
  unreadSince?: number;
  findings: ReadonlyMap<string, Published>;
}

/** One cluster's subjects by instance id; "cluster" is the cluster itself. */
export type Ledger = ReadonlyMap<string, Subject>;

/** `eks-kubelet-auditor/<rule>` → `<rule>`. */
export function ruleOf({ GeneratorId = "" }: Pick<AwsSecurityFinding, "GeneratorId">): string {
  return GeneratorId.slice(GeneratorId.indexOf("/") + 1);
}

/** The last part of a finding's Id: the instance id, or "cluster". */
export function subjectOf({ Id = "" }: Pick<AwsSecurityFinding, "Id">): string {
  return Id.slice(Id.lastIndexOf("/") + 1);
}

/** Which subjects a run answers for, by instance id; "cluster" is the cluster itself. */
export type Owns = (id: string) => boolean;

export const ownsAll: Owns = () => true;

/**
 * The ledger after two runs that did not know of each other: of each finding the later word, as Security Hub keeps it.
 * A node that one of them could read is readable. Of what `one` does not own, the other has the only word.
 */
export function merge(one: Ledger, other: Ledger, owns: Owns = ownsAll): Ledger {
  const merged = new Map([...one].filter(([id]) => owns(id)));
  for (const [id, subject] of other) {
    const known = merged.get(id);
    merged.set(id, known ? mergeSubjects(known, subject) : subject);
  }
  return merged;
}

function mergeSubjects(one: Subject, other: Subject): Subject {
  const findings = new Map(one.findings);
  for (const [rule, published] of other.findings) {
    const known = findings.get(rule);
    if (!known || known.updatedAt < published.updatedAt) findings.set(rule, published);
  }
  const createdAt = Math.min(one.createdAt, other.createdAt);
  if (one.unreadSince === undefined || other.unreadSince === undefined) return { createdAt, findings };
  return { createdAt, unreadSince: Math.min(one.unreadSince, other.unreadSince), findings };
}
