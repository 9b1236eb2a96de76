import type { NodeCount } from "../domain/summary.ts";
import { printable, sideBySide } from "../text.ts";

/** A run without clusters proves nothing, so it is not a success: the filter or the Region may be wrong. */
export class NothingToAuditError extends Error {
  override readonly name = "NothingToAuditError";
  constructor(region: string, cluster?: string) {
    const wanted = cluster === undefined ? "no cluster" : `no cluster ${cluster}`;
    super(`There is nothing to audit: EKS lists ${wanted} in ${region} that the setting "clusters" lets in.`);
  }
}

/** Not one node could be read. Its findings say why, node by node, but the fault is more likely with the auditor's setting. */
export class NothingAuditedError extends Error {
  override readonly name = "NothingAuditedError";
  constructor({ total, starting, notAuditable }: NodeCount) {
    const counts = Object.entries(notAuditable).map(([code, count]) => `${count} ${code}`);
    super(`None of ${total - starting} nodes could be audited: ${counts.join(", ")}.`);
  }
}

/** A node was lost or counted twice between inventory and findings: an error of ours. */
export class ConservationError extends Error {
  override readonly name = "ConservationError";
  constructor(cluster: string, { total, audited, starting, notAuditable }: NodeCount) {
    super(
      `Cluster ${cluster} has ${total} nodes, but ${audited} audited, ${starting} starting and ${JSON.stringify(notAuditable)} not auditable.`,
    );
  }
}

/** There were more answers, or worse ones, than the time of one run is enough for. */
export class JudgementUnfinishedError extends Error {
  override readonly name = "JudgementUnfinishedError";
  constructor(left: number) {
    super(`The run had to go on before the answers of ${left} nodes were judged; for a day they keep their verdicts.`);
  }
}

/** Errors spelt out in one message; the summary in the log holds them all. */
const errorsSpelt = 3;

/** The run did what it could, and failed all the same. */
export class RunFailedError extends AggregateError {
  override readonly name = "RunFailedError";
  constructor(trouble: readonly Error[]) {
    const messages = [...new Set(trouble.map(({ name, message }) => `${name}: ${message}`))];
    super(trouble, printable(sideBySide(messages, errorsSpelt)));
  }
}

export function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
