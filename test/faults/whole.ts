import { expect, test } from "vitest";
import { longHang } from "../kit/hang.ts";
import { breachesIn, nameOf, startTrial } from "./law.ts";
import type { Cell } from "./matrix.ts";

/** A part of the names of the cells to run, for example FAULTS="GetObject"; empty for all cells. */
const wanted = process.env.FAULTS ?? "";

/**
 * Defines a test of these cells. Each half of the matrix is in a separate file, so that two processors can run them.
 */
export function testFaults(title: string, cells: readonly Cell[]): void {
  const played = cells.filter((cell) => nameOf(cell).includes(wanted));
  test.skipIf(played.length === 0)(
    `a run with a fault completes with the same findings or reports the failure, and the next run converges: ${title}`,
    async () => {
      console.log(`${title}: ${played.length} cases`);
      expect(await breachesIn(played, await startTrial())).toEqual([]);
    },
    longHang,
  );
}
