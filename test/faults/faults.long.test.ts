import { expect, test } from "vitest";
import { breachesIn, nameOf, startTrial } from "./law.ts";
import { matrix } from "./matrix.ts";

/** FAULTS="GetObject" plays only the cells that have this in their name. */
const wanted = process.env.FAULTS ?? "";

test("a run completes with the same findings or says what failed, and the next one converges: every fault", async () => {
  const cells = matrix.filter((cell) => nameOf(cell).includes(wanted));
  expect(cells.length).toBeGreaterThan(0);
  expect(await breachesIn(cells, await startTrial())).toEqual([]);
});
