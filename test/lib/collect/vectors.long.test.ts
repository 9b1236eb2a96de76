import { expect, test } from "vitest";
import { casesOf, disagreements } from "./vectors.ts";

test.each(casesOf(1))(
  "$id: the configuration from a node's files equals the real kubelet's in each minor",
  async ({ one, minors }) => {
    expect(await disagreements(one, minors)).toEqual([]);
  },
);
