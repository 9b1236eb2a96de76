import { expect, test } from "vitest";
import { casesOf, disagreements } from "./vectors.ts";

/** Every tenth case of each file. The long test collects from all cases, and the test of the resolver resolves all. */
test.each(casesOf(10))(
  "$id: the configuration from a node's files equals the real kubelet's in each minor",
  async ({ one, minors }) => {
    expect(await disagreements(one, minors)).toEqual([]);
  },
);
