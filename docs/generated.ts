import { readFileSync, writeFileSync } from "node:fs";

/**
 * Writes a generated page; with --check on the command line it only says whether the page is stale, as far as `seen` tells
 * two texts apart, and fails the process if so. `command` makes the page anew.
 */
export function generated(file: URL, text: string, command: string, seen = (text: string) => text): void {
  if (!process.argv.includes("--check")) writeFileSync(file, text);
  else if (seen(readFileSync(file, "utf8")) !== seen(text)) {
    console.error(`${file.pathname.split("/").at(-1)} is stale: ${command}`);
    process.exitCode = 1;
  }
}
