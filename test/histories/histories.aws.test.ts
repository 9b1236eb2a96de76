import { describe, expect, test } from "vitest";
import { simulateTime } from "../kit/simulated-time.ts";
import { play } from "./play.ts";

simulateTime();

/** A sample of the histories of `npm run histories`. */
describe("two runs without faults make every finding correct after any history", () => {
  test.each([1, 2, 3])("of ledgers and Security Hub (seed %i)", async (seed) => {
    expect(await play("session", seed)).toEqual([]);
  });

  test.each([1, 2])("of EC2's events and runs (seed %i)", async (seed) => {
    expect(await play("instances", seed, 20)).toEqual([]);
  });

  test.each([1, 2])("of whole audits (seed %i)", async (seed) => {
    expect(await play("whole", seed, 15)).toEqual([]);
  });
});
