import { expect, test } from "vitest";
import { breachesIn, startTrial } from "./law.ts";
import { sample } from "./matrix.ts";

const plays = 15;
const seed = 20_261_124;

test("a run completes with the same findings or says what failed, and the next one converges: 15 of the faults", async () => {
  expect(await breachesIn(sample(plays, seed), await startTrial())).toEqual([]);
});
