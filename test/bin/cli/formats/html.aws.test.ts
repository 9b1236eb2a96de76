import { expect, test } from "vitest";
import { html } from "../../../../bin/cli/formats/html.ts";
import { id } from "../../stage.ts";
import { found, view } from "./found.ts";

test("HTML has every node, and nothing of what a node is called is markup", () => {
  const text = html.write(found, view);
  for (let number = 1; number <= 5; number++) expect(text).toContain(id(number));
  expect(text).toContain("Being replaced");
  expect(text).toContain("no way in");
  expect(text).not.toMatch(/<b>|(?!\n)[\p{Cc}\p{Cf}]/u);
});
