import { globSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const folder = fileURLToPath(new URL("../../lambda/", import.meta.url));
const sources = globSync("**/*.ts", { cwd: folder });

/** Ways to run what somebody else wrote. */
const doors =
  /from "(node:)?(child_process|worker_threads|vm|cluster|inspector|repl)"|\beval\s*\(|\bnew Function\b|\bimport\(/;

/** The thread in which nodes are judged runs a file of this project, and no text. */
const threads = ["judge/cpu-watch.ts", "judge/judge-thread.ts", "judge/worker.ts"];

test("the function starts no process, evaluates no text and has one thread of its own", () => {
  expect(sources.length).toBeGreaterThan(50);
  const behind = sources.filter((file) => doors.test(readFileSync(`${folder}${file}`, "utf8")));
  expect(behind.filter((file) => !threads.includes(file))).toEqual([]);
  for (const file of threads)
    expect(readFileSync(`${folder}${file}`, "utf8").replace('"node:worker_threads"', "")).not.toMatch(doors);
});

/** The configuration, the two handlers that ask for it, and the report's own page; everything else comes by AWS calls. */
const readers = ["config.ts", "index.ts", "planner.ts", "report/html.ts"];

test("only the configuration and the report's page are read from files and environment", () => {
  const reading = sources.filter((file) => /"node:fs|process\.env/.test(readFileSync(`${folder}${file}`, "utf8")));
  expect(reading.filter((file) => !readers.includes(file))).toEqual([]);
});
