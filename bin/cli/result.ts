import type { FileSubject, Result } from "../../lambda/domain/result.ts";
import type { NodeVerdicts } from "../../lambda/judge/judge-node.ts";
import { resultsOf } from "../../lambda/judge/results.ts";
import { printable } from "../../lambda/text.ts";

/** The results by cluster, then by subject, then in the order of the rules, whichever node replied first. */
export function inOrder(results: readonly Result[]): Result[] {
  return results.toSorted((one, other) => {
    const [before, after] = [placeOf(one), placeOf(other)];
    return before < after ? -1 : Number(before > after);
  });
}

function placeOf({ subject }: Result): string {
  return subject.kind === "file" ? subject.id : `${subject.cluster.name} ${subject.id}`;
}

/** What to do about a result; undefined where there is nothing to do. */
export function fixOf({ status, fix }: Result): string | undefined {
  return status === "passed" || status === "notApplicable" ? undefined : fix;
}

/** The results of judging one file of evidence. */
export function resultsOfFile(path: string, judged: NodeVerdicts): Result[] {
  const { os, kubeletVersion } = judged;
  const subject: FileSubject = {
    kind: "file",
    id: printable(path),
    os,
    ...(kubeletVersion && { kubeletVersion }),
    judgedAt: Date.now(),
  };
  return resultsOf(subject, judged);
}
