import {
  type AwsSecurityFinding,
  BatchImportFindingsCommand,
  type ImportFindingsError,
  InvalidAccessException,
  type SecurityHubClient,
} from "@aws-sdk/client-securityhub";
import { inParallel } from "../aws/parallel.ts";
import type { FindingUpdate } from "../domain/finding.ts";
import type { RuleFacts } from "../domain/rule-facts.ts";
import { archivedFinding } from "../securityhub/archived.ts";
import { toFinding } from "../securityhub/asff.ts";
import { counted } from "../text.ts";
import { inPlainText } from "./plain-text.ts";

/** Findings in one call. Source: AWS Security Hub API Reference, BatchImportFindings. */
const findingsPerCall = 100;

/** Bytes in one call: 6 MB less room for what surrounds the findings. Source: Security Hub partner guide, BatchImportFindings. */
const bytesPerCall = 5_900_000;

/** Calls under way at the same time; the client's pace is the limit that counts. */
const callsAtOnce = 10;

/** Security Hub refused findings. They are our mistake to fix, so the run fails. */
export class FindingsRejectedError extends Error {
  override readonly name = "FindingsRejectedError";
  readonly rejected: readonly ImportFindingsError[];
  constructor(rejected: readonly ImportFindingsError[]) {
    const [first] = rejected;
    super(
      `Security Hub rejected ${rejected.length} findings, first ${first?.Id}: ${first?.ErrorCode} ${first?.ErrorMessage}`,
    );
    this.rejected = rejected;
  }
}

/** Security Hub is not enabled, so that no finding can be published or read. */
export class SecurityHubDisabledError extends Error {
  override readonly name = "SecurityHubDisabledError";
  constructor(reason: string, cause?: Error) {
    super(
      `Security Hub accepts no findings here. Enable Security Hub CSPM in this account and Region; the newer Security Hub alone does not import. AWS said: ${reason}`,
      { cause },
    );
  }
}

/** What a finding is refused with while Security Hub CSPM is off. Source: AWS Security Hub API Reference, BatchImportFindings. */
const noAccess = "InvalidAccess";

/** There are more findings than one run can send. */
export class PublicationUnfinishedError extends Error {
  override readonly name = "PublicationUnfinishedError";
  constructor(left: number) {
    super(`The run had to end before ${left} findings were sent; the next one goes on with them.`);
  }
}

export interface Publication {
  /** Ids of the findings that Security Hub accepted. */
  accepted: ReadonlySet<string>;
  /** Ids of those that it rejected or was never sent. What is in neither set, it may or may not have taken. */
  refused: ReadonlySet<string>;
  /** One sentence for findings that Security Hub accepted in plain text only. */
  problems: readonly string[];
  /** How many Security Hub rejected. */
  rejected: number;
  /** Why the others were not; the run fails at its end. */
  trouble: readonly Error[];
}

/** The updates as ASFF. `rules` names the rules that there are, since an archived finding carries no more than its rule's id. */
export function findingsOf(updates: readonly FindingUpdate[], rules: readonly RuleFacts[]): AwsSecurityFinding[] {
  return updates.map(({ content, ...update }) => {
    if (!("absence" in content)) return toFinding(content, update);
    const rule = rules.find(({ id }) => id === content.rule);
    return archivedFinding(content, update, rule);
  });
}

/**
 * Imports all findings, in order, until `until` (epoch milliseconds). A finding that is rejected, or a call that fails,
 * does not stop the rest.
 */
export async function publish(
  hub: SecurityHubClient,
  findings: readonly AwsSecurityFinding[],
  until = Number.POSITIVE_INFINITY,
): Promise<Publication> {
  const rejected: ImportFindingsError[] = [];
  const simplified: ImportFindingsError[] = [];
  const trouble: Error[] = [];
  const [accepted, refused] = [new Set<string>(), new Set<string>()];
  let unsent = 0;
  await inParallel(callsAtOnce, importBatches(findings), async (Findings) => {
    if (Date.now() >= until) {
      for (const { Id = "" } of Findings) refused.add(Id);
      unsent += Findings.length;
      return;
    }
    try {
      const first = await importFindings(hub, Findings);
      const failed = new Set(first.map(({ Id = "" }) => Id));
      for (const { Id = "" } of Findings) if (!failed.has(Id)) accepted.add(Id);
      const again = Findings.filter(({ Id = "" }) => failed.has(Id)).map(inPlainText);
      const second = again.length > 0 ? await importFindings(hub, again) : [];
      for (const { Id = "" } of second) refused.add(Id);
      rejected.push(...second);
      simplified.push(...first.filter(({ Id = "" }) => !refused.has(Id)));
      for (const { Id = "" } of Findings) if (!refused.has(Id)) accepted.add(Id);
    } catch (error) {
      if (error instanceof SecurityHubDisabledError) throw error;
      if (error instanceof InvalidAccessException) throw new SecurityHubDisabledError(error.message, error);
      if (!(error instanceof Error)) throw error;
      trouble.push(error);
    }
  });
  if (rejected.length > 0) trouble.push(new FindingsRejectedError(rejected));
  if (unsent > 0) trouble.push(new PublicationUnfinishedError(unsent));
  return { accepted, refused, rejected: rejected.length, trouble, problems: problemsOf(simplified) };
}

/** The findings that Security Hub rejects. */
async function importFindings(hub: SecurityHubClient, Findings: AwsSecurityFinding[]): Promise<ImportFindingsError[]> {
  const { FailedFindings = [] } = await hub.send(new BatchImportFindingsCommand({ Findings }));
  const denied = FailedFindings.find(({ ErrorCode }) => ErrorCode === noAccess);
  if (denied) throw new SecurityHubDisabledError(`${denied.ErrorCode}: ${denied.ErrorMessage}`);
  return FailedFindings;
}

function problemsOf([first, ...others]: readonly ImportFindingsError[]): string[] {
  if (!first) return [];
  const count = counted(others.length + 1, "finding");
  return [
    `Security Hub rejected ${count} and accepted the same in plain text (one line, ASCII), first ${first.Id}: ${first.ErrorCode} ${first.ErrorMessage}`,
  ];
}

/** As few calls as Security Hub's limits on number and size allow. */
export function importBatches(findings: readonly AwsSecurityFinding[]): AwsSecurityFinding[][] {
  const batches: AwsSecurityFinding[][] = [];
  let batch: AwsSecurityFinding[] = [];
  let bytes = 0;
  for (const finding of findings) {
    const size = Buffer.byteLength(JSON.stringify(finding));
    if (batch.length === findingsPerCall || (batch.length > 0 && bytes + size > bytesPerCall)) {
      batches.push(batch);
      batch = [];
      bytes = 0;
    }
    batch.push(finding);
    bytes += size;
  }
  return batch.length > 0 ? [...batches, batch] : batches;
}
