import { globSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const folder = fileURLToPath(new URL("../../lambda/", import.meta.url));
const sources = globSync("**/*.ts", { cwd: folder });

/** Imports and calls that can run foreign code. */
const doors =
  /from "(node:)?(child_process|worker_threads|vm|cluster|inspector|repl)"|\beval\s*\(|\bnew Function\b|\bimport\(/;

/** Files of the judge thread, which runs only code of this project. */
const threads = ["judge/cpu-watch.ts", "judge/judge-thread.ts", "judge/worker.ts"];

test("the function starts no process, evaluates no text and starts no thread except the judge thread", () => {
  expect(sources.length).toBeGreaterThan(50);
  const behind = sources.filter((file) => doors.test(readFileSync(`${folder}${file}`, "utf8")));
  expect(behind.filter((file) => !threads.includes(file))).toEqual([]);
  for (const file of threads)
    expect(readFileSync(`${folder}${file}`, "utf8").replace('"node:worker_threads"', "")).not.toMatch(doors);
});

/**
 * Files that may read files or the environment: the configuration, both handlers, and the report, which reads its own
 * page.
 */
const readers = ["config.ts", "index.ts", "planner.ts", "report/html.ts"];

test("only the listed files read files or the environment", () => {
  const reading = sources.filter((file) => /"node:fs|process\.env/.test(readFileSync(`${folder}${file}`, "utf8")));
  expect(reading.filter((file) => !readers.includes(file))).toEqual([]);
});
