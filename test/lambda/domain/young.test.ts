import { expect, test } from "vitest";
import { isYoung } from "../../../lambda/domain/young.ts";

const now = Date.parse("2026-11-27T12:00:00Z");

test.each([
  ["launched now", 0, true],
  ["launched 19 minutes 59 seconds ago", -19 * 60 - 59, true],
  ["launched 20 minutes ago", -20 * 60, false],
  ["with a launch time 19 minutes ahead, because EC2's clock differs from ours", 19 * 60, true],
  ["with a launch time 20 minutes ahead, because EC2's clock is wrong", 20 * 60, false],
])("a node %s (offset %i s) is still starting: %s", (_, seconds, young) => {
  const launched = now + seconds * 1_000;
  expect(isYoung(new Date(launched), now)).toBe(young);
  expect(isYoung(new Date(launched).toISOString(), now)).toBe(young);
});

test("a node without a valid launch time does not count as starting, because this state would never end", () => {
  expect([isYoung(undefined, now), isYoung("yesterday", now), isYoung(new Date(Number.NaN), now)]).toEqual([
    false,
    false,
    false,
  ]);
});
