import type { FileSubject, Result } from "../../lambda/domain/result.ts";
import type { BenchmarkName } from "../../lambda/domain/rule-facts.ts";
import type { NodeVerdicts } from "../../lambda/judge/judge-node.ts";
import { resultsOf } from "../../lambda/judge/results.ts";
import { printable } from "../../lambda/text.ts";

/**
 * Sorts results by cluster and subject, so that the order does not depend on which node replied first. Rules keep their
 * order.
 */
export function inOrder(results: readonly Result[]): Result[] {
  return results.toSorted((one, other) => {
    const [before, after] = [placeOf(one), placeOf(other)];
    return before < after ? -1 : Number(before > after);
  });
}

function placeOf({ subject }: Result): string {
  return subject.kind === "file" ? subject.id : `${subject.cluster.name} ${subject.id}`;
}

/** The fix for a result; undefined if it passed or does not apply. */
export function fixOf({ status, fix }: Result): string | undefined {
  return status === "passed" || status === "notApplicable" ? undefined : fix;
}

/** The results of one evidence file. */
export function resultsOfFile(path: string, judged: NodeVerdicts, picked?: readonly BenchmarkName[]): Result[] {
  const { os, kubeletVersion } = judged;
  const subject: FileSubject = {
    kind: "file",
    id: printable(path),
    os,
    ...(kubeletVersion && { kubeletVersion }),
    judgedAt: Date.now(),
  };
  return resultsOf(subject, judged, picked);
}
