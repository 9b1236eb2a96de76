import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { inParallel } from "../../../lambda/aws/parallel.ts";

test.each([
  ["fewer workers than members", 2],
  ["more workers than members", 20],
])("%s: results come in the members' order, and never more at once than allowed", async (_, limit) => {
  let running = 0;
  let most = 0;
  const results = await inParallel(limit, [30, 1, 20, 5, 10], async (milliseconds) => {
    running += 1;
    most = Math.max(most, running);
    await sleep(milliseconds);
    running -= 1;
    return milliseconds * 2;
  });
  expect(results).toEqual([60, 2, 40, 10, 20]);
  expect(most).toBe(Math.min(limit, 5));
});

test("a member that fails fails the whole", async () => {
  const work = inParallel(2, [1, 2, 3], async (member) => {
    if (member === 2) throw new RangeError("two");
  });
  await expect(work).rejects.toThrow(RangeError);
});
