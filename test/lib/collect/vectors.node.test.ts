import { expect, test } from "vitest";
import { casesOf, disagreements } from "./vectors.ts";

/**
 * Of each file every tenth case; the long test collects all of them, and the resolver's own test resolves all of them.
 */
test.each(casesOf(10))("$id: from the disk to the real kubelet's answer in each minor", async ({ one, minors }) => {
  expect(await disagreements(one, minors)).toEqual([]);
});
