import { expect, test } from "vitest";
import { turnAt } from "../../../lambda/ledger/look.ts";
import { day, hour } from "./seen.ts";

test.each([
  ["hourly", hour],
  ["six-hourly", 6 * hour],
  ["daily", day],
  ["weekly", 7 * day],
])("in %s runs, every part gets its turn", (_, period) => {
  for (let parts = 1; parts <= 48; parts++) {
    const chosen = Array.from({ length: 20 * parts }, (_, run) => turnAt(run * period) % parts);
    expect(new Set(chosen).size).toBe(parts);
  }
});
