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

/** Maximum findings in one call. Source: AWS Security Hub API Reference, BatchImportFindings. */
const findingsPerCall = 100;

/**
 * Maximum bytes of findings in one call: 6 MB, less some for the rest of the request. Source: Security Hub partner
 * guide, BatchImportFindings.
 */
const bytesPerCall = 5_900_000;

/** Concurrent calls: half of the burst that Security Hub allows. Each holds the texts of its findings. */
const callsAtOnce = 15;

/** Security Hub rejected findings. Invalid findings are a defect of the auditor, so the run fails. */
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

/** Security Hub is not enabled, so findings can be neither published nor read. */
export class SecurityHubDisabledError extends Error {
  override readonly name = "SecurityHubDisabledError";
  constructor(reason: string, cause?: Error) {
    super(
      `Security Hub accepts no findings here. Enable Security Hub CSPM in this account and Region; the newer Security Hub alone does not import findings. Error of AWS: ${reason}`,
      { cause },
    );
  }
}

/**
 * Error code of findings that are rejected while Security Hub CSPM is off. Source: AWS Security Hub API Reference,
 * BatchImportFindings.
 */
const noAccess = "InvalidAccess";

/** The time of the run was over before all findings were sent. */
export class PublicationUnfinishedError extends Error {
  override readonly name = "PublicationUnfinishedError";
  constructor(left: number) {
    super(`The time of the run was over before ${left} findings were sent. The next run sends them.`);
  }
}

export interface Publication {
  /** Ids of the findings that Security Hub accepted. */
  accepted: ReadonlySet<string>;
  /**
   * Ids of findings that Security Hub rejected or that were not sent. If an Id is neither here nor in `accepted`, it is
   * unknown whether Security Hub accepted the finding.
   */
  refused: ReadonlySet<string>;
  /** A sentence about findings that Security Hub accepted only in plain text. */
  problems: readonly string[];
  /** Number of findings that Security Hub rejected. */
  rejected: number;
  /** Errors of findings that were not accepted. The run fails at its end. */
  trouble: readonly Error[];
}

/** The updates as ASFF, each made when it is needed. `rules` are all rules: an archived finding contains only the id of its rule. */
export function* findingsOf(
  updates: readonly FindingUpdate[],
  rules: readonly RuleFacts[],
): Generator<AwsSecurityFinding, void> {
  const byId = new Map(rules.map((rule) => [rule.id, rule]));
  for (const { content, ...update } of updates)
    yield "absence" in content ? archivedFinding(content, update, byId.get(content.rule)) : toFinding(content, update);
}

/**
 * Imports all findings, in order, until `until` (epoch milliseconds). A rejected finding or a failed call does not stop
 * the others.
 */
export async function publish(
  hub: SecurityHubClient,
  findings: Iterable<AwsSecurityFinding>,
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

/** Imports the findings and returns those that Security Hub rejected. */
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

/** Splits the findings into as few calls as Security Hub's limits on number and size allow. */
export function* importBatches(findings: Iterable<AwsSecurityFinding>): Generator<AwsSecurityFinding[], void> {
  let batch: AwsSecurityFinding[] = [];
  let bytes = 0;
  for (const finding of findings) {
    const size = Buffer.byteLength(JSON.stringify(finding));
    if (batch.length === findingsPerCall || (batch.length > 0 && bytes + size > bytesPerCall)) {
      yield batch;
      batch = [];
      bytes = 0;
    }
    batch.push(finding);
    bytes += size;
  }
  if (batch.length > 0) yield batch;
}
