import { expect, test } from "vitest";
import { below, pacer, partOf } from "../../../lambda/aws/pace.ts";

/** Requests a turn at each of the given moments and returns when each call may be made. */
function moments(asked: readonly number[]): number[] {
  let now = 0;
  const turn = pacer({ burst: 3, perSecond: 10 }, () => now);
  return asked.map((moment) => {
    now = moment;
    return moment + turn();
  });
}

test.each([
  ["a burst is made at once, further calls at the rate", [0, 0, 0, 0, 0, 0], [0, 0, 0, 100, 200, 300]],
  ["slow calls never wait", [0, 100, 200, 300, 400], [0, 100, 200, 300, 400]],
  ["a pause allows a new burst", [0, 0, 0, 1000, 1000, 1000, 1000], [0, 0, 0, 1000, 1000, 1000, 1100]],
  [
    "a long pause allows no more than one burst",
    [0, 99_000, 99_000, 99_000, 99_000],
    [0, 99_000, 99_000, 99_000, 99_100],
  ],
  ["half a pause allows half a burst", [0, 0, 0, 150, 150], [0, 0, 0, 150, 200]],
])("%s", (_, asked, gone) => {
  expect(moments(asked)).toEqual(gone);
});

test("partOf() returns a part of a rate, with a burst of at least one call", () => {
  expect(partOf({ burst: 9, perSecond: 5 }, 0.5)).toEqual({ burst: 4, perSecond: 2.5 });
  expect(partOf({ burst: 1, perSecond: 5 }, 0.5)).toEqual({ burst: 1, perSecond: 2.5 });
});

test("below() uses nine tenths of a limit that AWS publishes", () => {
  expect(below({ burst: 30, perSecond: 10 })).toEqual({ burst: 27, perSecond: 9 });
});
