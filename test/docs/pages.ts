import { readdirSync, readFileSync } from "node:fs";

export interface Page {
  /** Path from the project's root. */
  path: string;
  text: string;
}

/** The pages for people: those of the root and all pages of docs/. */
export const pages: readonly Page[] = [
  "README.md",
  "CONTRIBUTING.md",
  "CHANGELOG.md",
  "SECURITY.md",
  ...readdirSync("docs").map((name) => `docs/${name}`),
]
  .filter((path) => path.endsWith(".md"))
  .map((path) => ({ path, text: readFileSync(path, "utf8") }));

/** A fenced block of a page, without its indentation. */
export interface Block {
  /** Empty for a block without a language. */
  language: string;
  text: string;
  /** Line of the page on which the block starts. */
  line: number;
}

export function blocksOf({ text }: Page): Block[] {
  return [...text.matchAll(/^( *)```(\w*)\n(.*?)^\1```$/gms)].map(
    ({ index, 1: indent, 2: language = "", 3: block = "" }) => ({
      language,
      text: block.replaceAll(new RegExp(`^${indent}`, "gm"), ""),
      line: text.slice(0, index).split("\n").length,
    }),
  );
}

/**
 * The commands of the page's `sh` blocks, without comments. Lines that end with a backslash are joined with the next.
 */
export function commandsOf(page: Page): string[] {
  return blocksOf(page)
    .filter(({ language }) => language === "sh")
    .flatMap(({ text }) =>
      text
        .replaceAll(/\\\n\s*/g, "")
        .split("\n")
        .map((line) => line.replace(/(^|\s)#.*/, "").trim())
        .filter((line) => line !== ""),
    );
}

/** Start of every command that audits an account. */
export const online = "npx eks-kubelet-auditor run";

/** The first rule in docs/own-rules.md. The commands of that page read it from rules.yaml. */
export const firstOwnRule = /```yaml\n(.*?)```/s.exec(readFileSync("docs/own-rules.md", "utf8"))?.[1] ?? "";
