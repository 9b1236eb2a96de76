import { expect, test } from "vitest";
import { estimate, inProgress } from "../../../bin/cli/progress.ts";

test.each([
  ["the remaining seconds at the pace so far", { done: 30, all: 90 }, 10, 4000, 12],
  ["nothing before the first node is done", { done: 1, all: 90 }, 1, 60_000, undefined],
  ["nothing in the first two seconds", { done: 30, all: 90 }, 0, 1999, undefined],
  ["nothing when all nodes are done", { done: 90, all: 90 }, 0, 5000, undefined],
])("estimates %s", (_, count, before, elapsed, seconds) => {
  expect(estimate(count, before, elapsed)).toBe(seconds);
});

test.each([
  [undefined, "13 of 52 done █████░░░░░░░░░░░░░░░"],
  [12.2, "13 of 52 done █████░░░░░░░░░░░░░░░ about 13 s left"],
  [150, "13 of 52 done █████░░░░░░░░░░░░░░░ about 3 min left"],
])("shows counts, a bar and the remaining time: %s seconds", (left, text) => {
  expect(inProgress({ done: 13, all: 52 }, left)).toBe(text);
});
