import { expect, test } from "vitest";
import { longHang } from "../kit/hang.ts";
import { play } from "./play.ts";

/** Histories to play, and the seed of the first one. Without a seed, each execution plays other histories. */
const count = Number(process.env.HISTORIES ?? 60);
const first = Number(process.env.HISTORY_SEED ?? Date.now() % 1_000_000_000);

test(
  `two quiet runs make every finding true after each of ${count} histories, seeds from ${first} on`,
  async () => {
    const wrong: string[] = [];
    for (let seed = first; seed < first + count; seed++) wrong.push(...(await play(seed)));
    expect(wrong).toEqual([]);
  },
  longHang,
);
