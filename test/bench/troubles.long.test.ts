import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, test } from "vitest";

/** Simulated seconds within which a run has to write its summary. Lambda ends the run 10 seconds later. */
const latest = 890;

/** Runs a first audit of `nodes` nodes in simulated time. The benchmark fails if the run writes no summary. */
async function firstAudit(nodes: number, ...troubles: readonly string[]) {
  const words = ["bench/scale.ts", "--nodes", String(nodes), "--json", "--trouble", ...troubles];
  const { stdout } = await promisify(execFile)(process.execPath, words, { maxBuffer: 2 ** 26 });
  return JSON.parse(stdout);
}

test("writes the summary in time when the evidence of thousands of nodes exceeds 2,500 characters", async () => {
  const { seconds, error } = await firstAudit(5_000, "long-answers");
  expect(seconds).toBeLessThanOrEqual(latest);
  expect(error).toContain("RepliesUnreadError");
});

test("writes the summary in time when Security Hub throttles every import until the end", async () => {
  const { seconds, error, imported } = await firstAudit(5_000, "long-answers", "throttled-imports");
  expect(seconds).toBeLessThanOrEqual(latest);
  expect(error).toContain("Rate exceeded");
  expect(imported).toBe(0);
});

test("publishes the other nodes while one node hangs", async () => {
  const { seconds, mostImportedSeconds, imported } = await firstAudit(1_000, "hanging-node");
  expect(imported).toBe(16_000);
  expect(mostImportedSeconds).toBeLessThan(seconds - 10);
});
