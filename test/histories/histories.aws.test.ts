import { expect, test } from "vitest";
import { play } from "./play.ts";

/** `npm run histories` plays 300; HISTORY_SEED plays one again. */
const seeds = process.env.HISTORY_SEED ? [Number(process.env.HISTORY_SEED)] : [1, 2, 3];

test.each(seeds)("two quiet runs make every finding true, whatever happened before (seed %i)", async (seed) => {
  expect(await play(seed)).toEqual([]);
});
