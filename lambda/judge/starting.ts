import type { Node, ReasonCode, Unreadable } from "../domain/node.ts";
import { isYoung, startingTime } from "../domain/young.ts";

/** What is normal for a node that is starting, and a finding later. */
const passing: ReadonlySet<ReasonCode> = new Set(["NOT_REGISTERED_WITH_SSM", "NO_KUBELET"]);

/** Reason of a node that gets no finding yet. Findings that it has from before it was stopped stay as they are. */
export const starting: Unreadable = {
  code: "STARTING",
  because: `The node started less than ${startingTime / 60_000} minutes ago and cannot be audited yet.`,
  fix: "Nothing: the next run audits it.",
};

/** Whether the node is not readable because it has only just started. `now` is epoch milliseconds. */
export function isStarting({ launchedAt }: Node, unreadable: Unreadable | undefined, now: number): boolean {
  return unreadable !== undefined && passing.has(unreadable.code) && isYoung(launchedAt, now);
}
