import { describe, expect, test } from "vitest";
import { play } from "./play.ts";

/** A sample of the histories that `npm run histories` plays. */
describe("two quiet runs make every finding true, whatever happened before", () => {
  test.each([1, 2, 3])("to ledgers and Security Hub (seed %i)", async (seed) => {
    expect(await play("session", seed)).toEqual([]);
  });

  test.each([1, 2])("to whole audits (seed %i)", async (seed) => {
    expect(await play("whole", seed, 15)).toEqual([]);
  });
});
