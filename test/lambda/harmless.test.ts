import { globSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const folder = fileURLToPath(new URL("../../lambda/", import.meta.url));
const sources = globSync("**/*.ts", { cwd: folder });

/** Ways to run what somebody else wrote. */
const doors =
  /from "(node:)?(child_process|worker_threads|vm|cluster|inspector|repl)"|\beval\s*\(|\bnew Function\b|\bimport\(/;

test("the function starts no process and evaluates no text", () => {
  expect(sources.length).toBeGreaterThan(50);
  expect(sources.filter((file) => doors.test(readFileSync(`${folder}${file}`, "utf8")))).toEqual([]);
});

/** The configuration, the two handlers that ask for it, and the report's own page; everything else comes by AWS calls. */
const readers = ["config.ts", "index.ts", "planner.ts", "report/html.ts"];

test("only the configuration and the report's page are read from files and environment", () => {
  const reading = sources.filter((file) => /"node:fs|process\.env/.test(readFileSync(`${folder}${file}`, "utf8")));
  expect(reading.filter((file) => !readers.includes(file))).toEqual([]);
});
