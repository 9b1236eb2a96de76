import { expect } from "vitest";
import { inParallel } from "../../lambda/aws/parallel.ts";
import type { Beginning } from "./beginnings.ts";
import { beginnings, type Cell } from "./matrix.ts";
import { type Outcome, type Stage, setStage } from "./stage.ts";

/** Maximum number of cells that are run at the same time. A run mostly waits. */
const atOnce = 16;

/** Milliseconds before the function's end at which every run has written its summary. */
const leastSpare = 10_000;

/** The stage that runs cells. For comparison, `undisturbed` contains the outcome of a run without faults. */
export interface Trial {
  stage: Stage;
  undisturbed: ReadonlyMap<Beginning, Outcome>;
}

/** Pairs of beginnings with the same nodes. The findings after a run must be equal. */
const sameTruth: readonly (readonly [Beginning, Beginning])[] = [
  ["findings whose ledgers are lost", "ledgers and findings"],
  ["ledgers whose findings are lost", "ledgers and findings"],
  ["ledgers with impossible times", "ledgers and findings"],
  ["older ledgers", "nothing"],
];

export async function startTrial(): Promise<Trial> {
  const stage = await setStage();
  const undisturbed = new Map<Beginning, Outcome>();
  for (const beginning of beginnings) {
    const { spoilt } = await stage.play(beginning, []);
    expect(spoilt.failure).toBeUndefined();
    expect(Object.keys(spoilt.standing).length).toBeGreaterThan(50);
    undisturbed.set(beginning, spoilt);
  }
  const standingAfter = (beginning: Beginning) => undisturbed.get(beginning)?.standing;
  for (const [beginning, same] of sameTruth) expect(standingAfter(beginning)).toEqual(standingAfter(same));
  return { stage, undisturbed };
}

/**
 * Runs these cells and returns a sentence for each one that breaks the law. The law: a run completes with the same
 * findings or reports its failure, writes its summary in time, and the next run corrects the findings. Each sentence
 * ends with the command that runs only its cell.
 */
export async function breachesIn(cells: readonly Cell[], { stage, undisturbed }: Trial): Promise<string[]> {
  const breaches = await inParallel(atOnce, cells, async (cell) => {
    const faults = cell.faults.map((fault) => ({ ...fault }));
    const { spoilt, next } = await stage.play(cell.beginning, faults);
    const breach = breachOf(spoilt, next, undisturbed.get(cell.beginning));
    const name = nameOf(cell);
    return breach && `${name}: ${breach}\nFAULTS='${name}' npm run faults`;
  });
  return breaches.filter((breach) => breach !== undefined);
}

export function nameOf({ operation, wrong, beginning }: Cell): string {
  return `${operation} ${wrong}, beginning with ${beginning}`;
}

/** Returns how these runs break the law; undefined if they do not. */
function breachOf(spoilt: Outcome, next: Outcome, expected: Outcome | undefined): string | undefined {
  const differs = difference(spoilt.standing, expected?.standing);
  if (!spoilt.failure && differs) return `the run completed with ${differs}`;
  if (spoilt.failure && !saysWhat(spoilt.failure)) return `the run failed without a reason: ${spoilt.failure}`;
  const untold = untoldIn(spoilt, expected);
  if (untold) return `the summary of the run ${untold}`;
  if (spoilt.spare < leastSpare) return `the run wrote its summary ${spoilt.spare} ms before the function's end`;
  if (next.failure) return `the next run failed: ${next.failure}`;
  const left = difference(next.standing, expected?.standing);
  return left && `the next run left ${left}`;
}

/**
 * Returns what is wrong in the summary; undefined if nothing is. A run that ended before the inventory counts no nodes.
 */
function untoldIn({ summary, failure }: Outcome, expected: Outcome | undefined): string | undefined {
  const { nodes, clusters, endedBy, phases } = summary;
  const { total, audited, starting, notAuditable } = nodes;
  const out = Object.values(notAuditable).reduce((sum, count) => sum + count, audited + starting);
  if (phases.inventory === undefined) return "has no phases";
  if (endedBy !== undefined && failure === undefined) return `names an error and the run did not fail: ${endedBy}`;
  if (endedBy === undefined && out !== total) return `counts ${out} of ${total} nodes`;
  if (endedBy !== undefined && clusters === 0 && total === 0) return undefined;
  const all = expected?.summary.nodes.total;
  return total === all ? undefined : `counts ${total} nodes, and there are ${all}`;
}

/** Whether the failure names an AWS operation. */
function saysWhat(failure: string): boolean {
  return /[a-z0-9]+:[A-Z]\w+/.test(failure);
}

function difference(found: Record<string, string>, expected: Record<string, string> = {}): string | undefined {
  const ids = [...new Set([...Object.keys(found), ...Object.keys(expected)])].filter(
    (id) => found[id] !== expected[id],
  );
  const [first = ""] = ids;
  return ids.length === 0
    ? undefined
    : `${ids.length} findings that differ, first ${first}: ${found[first]} for ${expected[first]}`;
}
