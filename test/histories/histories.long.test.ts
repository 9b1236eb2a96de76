import { expect, test } from "vitest";
import { longHang } from "../kit/hang.ts";
import { play } from "./play.ts";

/** The seed of the first history. Without one, each execution plays other histories. */
const first = Number(process.env.HISTORY_SEED ?? Date.now() % 1_000_000_000);

/** Histories to play. One of whole audits takes as long as some of the ledgers alone. */
const counts = { session: Number(process.env.HISTORIES ?? 60), whole: Number(process.env.HISTORIES ?? 10) };

test.each(["session", "whole"] as const)(
  `two quiet runs make every finding true after each history of %s, seeds from ${first} on`,
  async (driven) => {
    const wrong: string[] = [];
    for (let seed = first; seed < first + counts[driven]; seed++) wrong.push(...(await play(driven, seed)));
    expect(wrong).toEqual([]);
  },
  longHang,
);
