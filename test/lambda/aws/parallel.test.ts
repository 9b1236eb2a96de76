import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { inParallel, oneAhead } from "../../../lambda/aws/parallel.ts";

test.each([
  ["fewer workers than members", 2],
  ["more workers than members", 20],
])(
  "%s: the results are in the order of the members, and no more calls than the limit run at once",
  async (_, limit) => {
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
  },
);

test("inParallel rejects when the work for one member fails", async () => {
  const work = inParallel(2, [1, 2, 3], async (member) => {
    if (member === 2) throw new RangeError("two");
  });
  await expect(work).rejects.toThrow(RangeError);
});

test("oneAhead requests the first value at once and stays one value ahead of the consumer", async () => {
  const requested: number[] = [];
  async function* source() {
    for (const number of [1, 2, 3]) {
      requested.push(number);
      yield number;
    }
  }
  const values = oneAhead(source());
  expect(requested).toEqual([1]);
  const seen: number[] = [];
  for await (const value of values) {
    seen.push(value);
    expect(requested).toContain(Math.min(3, value + 1));
  }
  expect(seen).toEqual([1, 2, 3]);
});

test("oneAhead rejects when its source fails before the consumer starts", async () => {
  async function* source(): AsyncGenerator<number, void> {
    yield* [];
    throw new RangeError("nothing");
  }
  const values = oneAhead(source());
  await sleep(1);
  await expect(values.next()).rejects.toThrow(RangeError);
});
