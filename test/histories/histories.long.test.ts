import { expect, test } from "vitest";
import { longHang } from "../kit/hang.ts";
import { simulateTime } from "../kit/simulated-time.ts";
import { play } from "./play.ts";

simulateTime();

/** The seed of the first history. Without HISTORY_SEED, each execution runs other histories. */
const first = Number(process.env.HISTORY_SEED ?? Date.now() % 1_000_000_000);

/** Number of histories to run. One history of whole audits takes as long as several histories of ledgers. */
const counts = {
  session: Number(process.env.HISTORIES ?? 60),
  whole: Number(process.env.HISTORIES ?? 10),
  instances: Number(process.env.HISTORIES ?? 10),
};

test.each(["session", "whole", "instances"] as const)(
  `two runs without faults make every finding correct after each history of %s, seeds from ${first} on`,
  async (driven) => {
    const wrong: string[] = [];
    for (let seed = first; seed < first + counts[driven]; seed++) wrong.push(...(await play(driven, seed)));
    expect(wrong).toEqual([]);
  },
  longHang,
);
