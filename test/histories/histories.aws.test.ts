import { describe, expect, test } from "vitest";
import { simulateTime } from "../kit/simulated-time.ts";
import { expectOnlyImportsOfRuns } from "./churn-law.ts";
import { play } from "./play.ts";
import { playStorm } from "./storm.ts";

simulateTime();

test("450 nodes that start within ten minutes are audited in three batches, two of them at the same time", async () => {
  const { calls, minutes, ...outcome } = await playStorm({ nodes: 450, takenFrom: 16 });
  expect(outcome).toEqual({
    findings: { "ACTIVE PASSED": 900 },
    ...{ invocations: 3, mostAtOnce: 2, trouble: [], givenUp: 0, throttled: {} },
  });
  expect(calls).toMatchObject({ "ec2:DescribeInstances": 3, "ssm:SendCommand": 9 });
});

test("in an hour with 60 new nodes, each finding is imported once, as a scheduled run would, and archived once", () =>
  expectOnlyImportsOfRuns({ nodesPerHour: 60, hours: 1 }));

/** A sample of the histories of `npm run histories`. */
describe("two runs without faults make every finding correct", () => {
  test.each([1, 2, 3])("after a history of ledgers and Security Hub (seed %i)", async (seed) => {
    expect(await play("session", seed)).toEqual([]);
  });

  test.each([1, 2])("after a history of EC2's events and runs (seed %i)", async (seed) => {
    expect(await play("instances", seed, 20)).toEqual([]);
  });

  test.each([1, 2])("after a history of whole audits (seed %i)", async (seed) => {
    expect(await play("whole", seed, 15)).toEqual([]);
  });
});
