import { readFileSync, writeFileSync } from "node:fs";

/**
 * Writes a generated page. With --check on the command line it only compares: if the page differs, it prints an error
 * with `command`, which writes the page, and sets the exit code to 1. `relevant` removes parts that do not count as a
 * difference.
 */
export function generated(file: URL, text: string, command: string, relevant = (text: string) => text): void {
  if (!process.argv.includes("--check")) writeFileSync(file, text);
  else if (relevant(readFileSync(file, "utf8")) !== relevant(text)) {
    console.error(`${file.pathname.split("/").at(-1)} is stale. Run "${command}".`);
    process.exitCode = 1;
  }
}

/**
 * The text of `file` with `part` between the comment that names `command` and the next "end" comment. Throws without
 * such a place.
 */
export function withPart(file: URL, part: string, command: string): string {
  const place = new RegExp(`(?<=<!-- ${command} -->\n).*?(?=<!-- end -->)`, "s");
  const text = readFileSync(file, "utf8");
  if (!place.test(text)) throw new Error(`${file.pathname} has no place for the output of ${command}`);
  return text.replace(place, () => part);
}
