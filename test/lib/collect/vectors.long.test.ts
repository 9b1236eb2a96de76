import { expect, test } from "vitest";
import { casesOf, disagreements } from "./vectors.ts";

test.each(casesOf(1))("$id: from the disk to the real kubelet's answer in each minor", async ({ one, minors }) => {
  expect(await disagreements(one, minors)).toEqual([]);
});
