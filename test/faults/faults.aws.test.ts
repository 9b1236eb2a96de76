import { beforeAll, expect, test } from "vitest";
import { inParallel } from "../../lambda/aws/parallel.ts";
import { type Cell, matrix, sample } from "./matrix.ts";
import { type Beginning, type Outcome, type Stage, setStage } from "./stage.ts";

/** Plays of one test run. FAULTS=all plays the whole matrix, which takes minutes; FAULTS="GetObject" what has that in its name. */
const plays = 30;
const seed = 20_261_124;
const atOnce = 10;

let stage: Stage;
const undisturbed = new Map<Beginning, Outcome>();

beforeAll(async () => {
  stage = await setStage();
  for (const { beginning } of matrix.slice(0, 3)) {
    const { spoilt } = await stage.play(beginning, []);
    undisturbed.set(beginning, spoilt);
  }
}, 120_000);

test("without faults every run completes", () => {
  expect([...undisturbed.values()].map(({ failure }) => failure)).toEqual([undefined, undefined, undefined]);
  expect([...undisturbed.values()].map(({ standing }) => Object.keys(standing).length)).toEqual([
    expect.toSatisfy((count) => count > 50),
    ...Array(2).fill(expect.toSatisfy((count) => count > 50)),
  ]);
});

function chosen(wanted: string | undefined): readonly Cell[] {
  if (wanted === undefined) return sample(plays, seed);
  return wanted === "all" ? matrix : matrix.filter((cell) => nameOf(cell).includes(wanted));
}

function nameOf({ operation, wrong, beginning }: Cell): string {
  return `${operation} ${wrong}, beginning with ${beginning}`;
}

/** What the law says of this play; undefined when it is kept. */
function breach(cell: Cell, spoilt: Outcome, next: Outcome): string | undefined {
  const expected = undisturbed.get(cell.beginning)?.standing;
  const what = nameOf(cell);
  if (!spoilt.failure && difference(spoilt.standing, expected))
    return `${what}: completed with ${difference(spoilt.standing, expected)}`;
  if (spoilt.failure && !saysWhat(spoilt.failure)) return `${what}: failed without a word: ${spoilt.failure}`;
  if (next.failure) return `${what}: the next run failed: ${next.failure}`;
  const left = difference(next.standing, expected);
  return left && `${what}: the next run left ${left}`;
}

/** A run that ends by Lambda's hand, or with nothing but a number, says nothing. */
function saysWhat(failure: string): boolean {
  return (
    !/^(Sandbox|Runtime)\./.test(failure) &&
    /InternalServerError|ServiceUnavailable|socket|ECONNRESET|[a-z0-9]+:[A-Z]\w+/.test(failure)
  );
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

test("a run completes with the same findings or fails saying what, and the next one converges", async () => {
  const cells = chosen(process.env.FAULTS);
  const breaches = await inParallel(atOnce, cells, async (cell) => {
    const { spoilt, next } = await stage.play(
      cell.beginning,
      cell.faults.map((fault) => ({ ...fault })),
    );
    return breach(cell, spoilt, next);
  });
  expect(breaches.filter((each) => each !== undefined)).toEqual([]);
}, 1_800_000);
