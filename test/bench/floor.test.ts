import { expect, test } from "vitest";
import { floorOf } from "../../bench/scale/floor.ts";

/**
 * Seconds from the request of the first page of instances to the evidence of its nodes: 0.6 EC2, 0.12 + 2.5 + 0.12 SSM.
 */
const first = 0.6 + 0.12 + 2.5 + 0.12;
const findingsOf = (nodes: number) => 16 * nodes;

test.each([
  ["a few nodes, with the evidence of one command", { nodes: 10, clusters: 1, findings: 0 }, first],
  ["commands within the burst of 10", { nodes: 500, clusters: 1, findings: 0 }, first],
  ["20 commands, 10 at once and 10 at 5 a second", { nodes: 1_000, clusters: 1, findings: 0 }, first + 2],
  ["20 commands within the burst of 20", { nodes: 1_000, clusters: 1, findings: 0, ssmRate: 10 }, first],
  ["2,000 commands", { nodes: 100_000, clusters: 100, findings: 0 }, first + 1_990 / 5],
  [
    "100 descriptions of clusters, 20 at once and 80 at 10 a second",
    { nodes: 1_000, clusters: 100, findings: 0 },
    0.08 + 8 + 0.08,
  ],
  ["imports within the burst of 30", { nodes: 100, clusters: 1, findings: findingsOf(100) }, first + 0.25],
  [
    "160 imports, 30 at once and 130 at 10 a second",
    { nodes: 1_000, clusters: 1, findings: findingsOf(1_000) },
    first + 13.25,
  ],
  [
    "imports that wait for the descriptions of clusters",
    { nodes: 100, clusters: 100, findings: 100 },
    0.08 + 8 + 0.08 + 0.25,
  ],
  [
    "pages that take longer than commands",
    { nodes: 5_000, clusters: 5, findings: 0, ssmRate: 100 },
    5 * 0.6 + first - 0.6,
  ],
])("the minimum time for %s", (_, work, seconds) => {
  expect(floorOf(work)).toBeCloseTo(seconds, 6);
});
