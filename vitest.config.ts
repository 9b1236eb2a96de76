import { tmpdir } from "node:os";
import { join } from "node:path";
import { defineConfig } from "vitest/config";
import { hang } from "./test/kit/hang.ts";
import { memoryDisk } from "./test/kit/memory-disk.ts";

// Half of what a short process or a thread takes is compiling what the one before it compiled.
process.env.NODE_COMPILE_CACHE ??= join(tmpdir(), "node-compile-cache");

const memory = memoryDisk();
if (memory !== undefined) process.env.TMPDIR ??= memory;

/**
 * Kinds of tests, by the word before ".test.ts": `start.cli.test.ts` is of the project "cli". A file without such a word
 * is a unit test. CONTRIBUTING.md says what each kind is for.
 */
const kinds = ["aws", "node", "cli", "browser", "long"];

// Files of a project share nothing but modules. Loading these anew for each file takes longer than many a file's tests.
const shared = { testTimeout: hang, hookTimeout: hang, isolate: false, expect: { poll: { timeout: hang } } };

export const projects = [
  {
    test: {
      ...shared,
      name: "unit",
      include: ["test/**/*.test.ts"],
      exclude: [`test/**/*.{${kinds}}.test.ts`],
    },
  },
  ...kinds.map((name) => ({ test: { ...shared, name, include: [`test/**/*.${name}.test.ts`], exclude: [] } })),
];

export default defineConfig({
  test: {
    globalSetup: "test/kit/synthesis.ts",
    maxWorkers: "100%",
    reporters: ["default", ["json", { outputFile: process.env.VITEST_REPORT ?? "out/vitest.json" }]],
    projects,
  },
});
