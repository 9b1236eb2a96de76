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

/**
 * The commands of the page's `sh` blocks, without comments. Lines that end with a backslash are joined with the next.
 */
export function commandsOf({ text }: Page): string[] {
  const blocks = [...text.matchAll(/^( *)```sh\n(.*?)^\1```/gms)].map(([, , block = ""]) => block);
  return blocks.flatMap((block) =>
    block
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
