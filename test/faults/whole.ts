import { expect, test } from "vitest";
import { longHang } from "../kit/hang.ts";
import { breachesIn, nameOf, startTrial } from "./law.ts";
import type { Cell } from "./matrix.ts";

/** FAULTS="GetObject" plays only the cells that have this in their name. */
const wanted = process.env.FAULTS ?? "";

/** A test of these cells. The matrix has a file for each half, so that two processors play it. */
export function testFaults(title: string, cells: readonly Cell[]): void {
  const played = cells.filter((cell) => nameOf(cell).includes(wanted));
  test.skipIf(played.length === 0)(
    `a run completes with the same findings or says what failed, and the next one converges: ${title}`,
    async () => {
      expect(await breachesIn(played, await startTrial())).toEqual([]);
    },
    longHang,
  );
}
