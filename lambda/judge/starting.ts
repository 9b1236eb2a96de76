import type { Node, ReasonCode, Unreadable } from "../domain/node.ts";
import { isYoung, startingTime } from "../domain/young.ts";

/** Reasons that are normal for a node that is starting, and become findings later. */
const passing: ReadonlySet<ReasonCode> = new Set(["NOT_REGISTERED_WITH_SSM", "NO_KUBELET"]);

/**
 * The reason for a starting node, which gets no findings yet. Findings from before the node was stopped stay as they
 * are.
 */
export const starting: Unreadable = {
  code: "STARTING",
  because: `The node started less than ${startingTime / 60_000} minutes ago and cannot be audited yet.`,
  fix: "Nothing to do: the next run audits it.",
};

/** Whether the node is unreadable because it has only just started. `now` is epoch milliseconds. */
export function isStarting({ launchedAt }: Node, unreadable: Unreadable | undefined, now: number): boolean {
  return unreadable !== undefined && passing.has(unreadable.code) && isYoung(launchedAt, now);
}
