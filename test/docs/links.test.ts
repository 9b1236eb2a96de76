import { existsSync, readFileSync } from "node:fs";
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

test.each(pages.map(({ path, text }) => [path, text]))(
  "every relative link of %s has an existing target",
  (path, text) => {
    const links = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = ""]) => link);
    expect(links.filter((link) => !/^https?:/.test(link) && isBroken(path, link))).toEqual([]);
  },
);

test("every page can be reached from the README", () => {
  const reached = new Set<string>();
  const visit = (path: string): void => {
    if (reached.has(path)) return;
    reached.add(path);
    const text = pages.find((page) => page.path === path)?.text ?? "";
    for (const [, link = ""] of text.matchAll(/\]\(([^)#\s]+\.md)(?:#[^)]*)?\)/g)) visit(join(dirname(path), link));
  };
  visit("README.md");
  expect(pages.map(({ path }) => path).filter((path) => !reached.has(path))).toEqual([]);
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
