import { expect, test } from "vitest";
import { simulateTime } from "../kit/simulated-time.ts";
import { breachesIn, startTrial } from "./law.ts";
import { sample } from "./matrix.ts";

simulateTime();

const plays = 15;
const seed = 20_261_124;

test("a run with a fault completes with the same findings or reports the failure, and the next run corrects the findings", async () => {
  expect(await breachesIn(sample(plays, seed), await startTrial())).toEqual([]);
});
