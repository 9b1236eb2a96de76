import { expect, test } from "vitest";
import { html } from "../../../../bin/cli/formats/html.ts";
import { id } from "../../../kit/nodes.ts";
import { found, view } from "./found.ts";

test("HTML contains every node and escapes markup in their names", () => {
  const text = html.write(found, view);
  for (let number = 1; number <= 5; number++) expect(text).toContain(id(number));
  expect(text).toContain("Being replaced");
  expect(text).toContain("no way in");
  expect(text).not.toMatch(/<b>|(?!\n)[\p{Cc}\p{Cf}]/u);
});
