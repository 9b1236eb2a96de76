import { expect, test } from "vitest";
import { casesOf, disagreements } from "./vectors.ts";

/**
 * Every tenth case of each file in test/kubelet-vectors/. The long test runs the collector on all cases. The tests of
 * the resolver generate the evidence of all cases instead.
 */
test.each(casesOf(10))(
  "$id: the configuration from a node's files equals the real kubelet's in each minor",
  async ({ one, minors }) => {
    expect(await disagreements(one, minors)).toEqual([]);
  },
);
