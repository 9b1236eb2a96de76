import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { pages } from "./pages.ts";

/** GitHub's anchor of a heading: "## What it costs" → "what-it-costs". */
function anchorsOf(markdown: string): string[] {
  return [...markdown.matchAll(/^#+ (.*)$/gm)].map(([, heading = ""]) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, "")
      .replaceAll(" ", "-"),
  );
}

function isBroken(from: string, link: string): boolean {
  const [path = "", anchor] = link.split("#");
  const target = path === "" ? from : join(dirname(from), path);
  if (!existsSync(target)) return true;
  return anchor !== undefined && !anchorsOf(readFileSync(target, "utf8")).includes(anchor);
}

const everyText = globSync("**/*.md", { exclude: ["**/node_modules/**", "dist/**", "out/**"] }).toSorted();

test.each(everyText.map((path) => [path, readFileSync(path, "utf8")]))(
  "every relative link of %s has an existing target",
  (path, text) => {
    const links = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = ""]) => link);
    expect(links.filter((link) => !/^https?:/.test(link) && isBroken(path, link))).toEqual([]);
  },
);

test("the section Documentation of the README lists every page for a reader", () => {
  const { text = "" } = pages.find(({ path }) => path === "README.md") ?? {};
  const section = text.slice(text.indexOf("\n## Documentation"));
  const unlisted = pages.filter(({ path }) => path !== "README.md" && !section.includes(`](${path})`));
  expect(unlisted.map(({ path }) => path)).toEqual([]);
});

test("the code that CONTRIBUTING.md tells the reader to replace is in the rule's file", () => {
  const { text = "" } = pages.find(({ path }) => path === "CONTRIBUTING.md") ?? {};
  const [, file = "", code = ""] = /Open `([^`]+)` and replace `([^`]+)`/.exec(text) ?? [];
  expect(readFileSync(file, "utf8")).toContain(code);
});

test("every file that a page names exists", () => {
  const named = pages.flatMap(({ path, text }) =>
    [...text.matchAll(/`((?:lambda|lib|bin|test|local-aws|docs|bench)\/[\w./-]*)`/g)].map(([, file = ""]) => [
      path,
      file,
    ]),
  );
  // NAME is a placeholder for the reader's own file.
  const existing = named.filter(([, file = ""]) => !file.includes("NAME"));
  expect(existing.filter(([, file = ""]) => !existsSync(file))).toEqual([]);
});
