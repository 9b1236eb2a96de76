import type { NodeCount } from "../domain/summary.ts";
import { printable, sideBySide } from "../text.ts";

/** The run found no cluster to audit. It fails, because the filter or the Region may be wrong. */
export class NothingToAuditError extends Error {
  override readonly name = "NothingToAuditError";
  constructor(region: string, cluster?: string) {
    const wanted = cluster === undefined ? "no EKS cluster" : `no EKS cluster ${cluster}`;
    super(`Nothing to audit: ${wanted} in ${region} matches the setting "clusters".`);
  }
}

/**
 * No node could be audited. The run fails, because the cause is probably the deployment of the auditor and not each
 * node.
 */
export class NothingAuditedError extends Error {
  override readonly name = "NothingAuditedError";
  constructor({ total, starting, notAuditable }: NodeCount) {
    const counts = Object.entries(notAuditable).map(([code, count]) => `${count} ${code}`);
    super(`None of ${total - starting} nodes could be audited: ${counts.join(", ")}.`);
  }
}

/** A node was lost or counted twice between inventory and findings, which is an error in the auditor. */
export class ConservationError extends Error {
  override readonly name = "ConservationError";
  constructor(cluster: string, { total, audited, starting, notAuditable }: NodeCount) {
    super(
      `Cluster ${cluster} has ${total} nodes, but the run counted ${audited} audited, ${starting} starting and ${JSON.stringify(notAuditable)} not auditable. This is an error in the auditor.`,
    );
  }
}

/** The run ran out of time before it had judged the evidence of all nodes. */
export class JudgementUnfinishedError extends Error {
  override readonly name = "JudgementUnfinishedError";
  constructor(left: number) {
    super(
      `The run ran out of time before it had judged the evidence of ${left} nodes. Their last verdicts stay valid for 24 hours. If this recurs, split the nodes into several runs.`,
    );
  }
}

/** Maximum number of errors in one message; the log contains all of them. */
const errorsSpelt = 3;

/** The run has ended and parts of it failed. */
export class RunFailedError extends AggregateError {
  override readonly name = "RunFailedError";
  constructor(trouble: readonly Error[]) {
    const messages = distinct(trouble).map(({ error: { name, message }, times }) =>
      times === 1 ? `${name}: ${message}` : `${name}: ${message} (${times} times)`,
    );
    super(trouble, printable(sideBySide(messages, errorsSpelt)));
  }
}

/** An error, and the number of errors with the same name and message. */
export interface Repeated {
  error: Error;
  times: number;
}

/** The errors without repetitions, because hundreds of calls may fail for one reason. */
export function distinct(trouble: readonly Error[]): Repeated[] {
  return [...Map.groupBy(trouble, ({ name, message }) => `${name}: ${message}`).values()].flatMap((same) =>
    same.slice(0, 1).map((error) => ({ error, times: same.length })),
  );
}

export function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
