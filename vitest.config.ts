import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { defineConfig } from "vitest/config";
import { hang } from "./test/kit/hang.ts";
import { memoryDisk } from "./test/kit/memory-disk.ts";

// Without this cache, a short process or a thread spends half of its time compiling the same modules again.
process.env.NODE_COMPILE_CACHE ??= join(tmpdir(), "node-compile-cache");

// CDK's validation takes most of a synthesis. test/lib/validation.aws.test.ts runs it once for the templates of all stacks.
process.env.CDK_VALIDATION ??= "false";

const memory = memoryDisk();
if (memory !== undefined) process.env.TMPDIR ??= memory;

/**
 * Kinds of tests, by the word before ".test.ts": `start.cli.test.ts` belongs to the project "cli". A file without such a
 * word is a unit test. CONTRIBUTING.md describes each kind.
 */
const kinds = ["aws", "node", "cli", "browser", "long"];

// Test files of a project share loaded modules: loading them again for each file often takes longer than its tests.
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
    // Tests wait for processes and for the embedded AWS. On two idle cores, 5 workers take 118 s and 3 take 138 s.
    maxWorkers: availableParallelism() + 3,
    reporters: ["default", ["json", { outputFile: process.env.VITEST_REPORT ?? "out/vitest.json" }]],
    projects,
  },
});
