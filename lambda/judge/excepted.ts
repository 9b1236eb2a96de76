import type { Exception } from "../domain/exception.ts";
import type { Node } from "../domain/node.ts";
import type { Result } from "../domain/result.ts";
import type { ExceptionReport } from "../domain/summary.ts";

export interface Excepted {
  /** Returns the results. Failures that an exception accepts become "excepted". */
  of(node: Node, results: readonly Result[]): Result[];
  report(): ExceptionReport;
}

/** Returns an object that applies the exceptions which are valid on the UTC day of `now`, epoch milliseconds. */
export function exceptionsOn(exceptions: readonly Exception[], now: number): Excepted {
  const today = new Date(now).toISOString().slice(0, "2027-03-31".length);
  const valid = exceptions.filter(({ until }) => today <= until);
  const used = new Set<Exception>();
  let holding = 0;
  return {
    of(node, results) {
      return results.map((result): Result => {
        if (result.status !== "failed") return result;
        const accepting = valid.filter((each) => each.rule === result.rule.id && applies(each, node));
        for (const each of accepting) used.add(each);
        // If several exceptions apply, the failure stays accepted until the last of them ends.
        const [exception] = accepting.toSorted((one, other) => (one.until < other.until ? 1 : -1));
        if (!exception) return result;
        holding += 1;
        return { ...result, status: "excepted", exception: { reason: exception.reason, until: exception.until } };
      });
    },
    report: () => ({
      holding,
      expired: exceptions.filter((each) => !valid.includes(each)),
      unused: valid.filter((each) => !used.has(each)),
    }),
  };
}

function applies({ scope: { cluster, nodeGroup, instance, tag } }: Exception, node: Node): boolean {
  return (
    (cluster === undefined || cluster === node.cluster) &&
    (nodeGroup === undefined || nodeGroup === node.group.name) &&
    (instance === undefined || instance === node.instanceId) &&
    // A tag's key may contain "=" as well.
    (tag === undefined || Object.entries(node.tags).some((keyAndValue) => keyAndValue.join("=") === tag))
  );
}
