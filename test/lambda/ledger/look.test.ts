import { expect, test } from "vitest";
import { turnAt } from "../../../lambda/ledger/look.ts";
import { day, hour } from "./seen.ts";

test.each([
  ["hourly", hour],
  ["six-hourly", 6 * hour],
  ["daily", day],
  ["weekly", 7 * day],
])("with %s runs, 20 runs per part choose each part at least once, for up to 48 parts", (_, period) => {
  for (let parts = 1; parts <= 48; parts++) {
    const chosen = Array.from({ length: 20 * parts }, (_, run) => turnAt(run * period, "cluster") % parts);
    expect(new Set(chosen).size).toBe(parts);
  }
});

test("if a quarter of the runs compare a cluster, 20,000 runs choose every pair of 16 subjects and 16 rules", () => {
  const hours = Array.from({ length: 20_000 }, (_, run) => run * hour);
  const compared = hours.filter((now) => turnAt(now, "cluster") % 4 === 0);
  const chosen = compared.map((now) => `${turnAt(now, "subject") % 16} ${turnAt(now, "rule") % 16}`);
  expect(new Set(chosen).size).toBe(16 * 16);
});
