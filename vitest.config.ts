import { defineConfig } from "vitest/config";

/**
 * Kinds of tests, by the word before ".test.ts": `start.cli.test.ts` is of the project "cli". A file without such a word
 * is a unit test. CONTRIBUTING.md says what each kind is for.
 */
const kinds = ["aws", "node", "cli", "browser", "long"];

/** Milliseconds after which a test counts as hanging. No machine is so slow that a test gets there by working. */
const hang = 600_000;
const shared = { testTimeout: hang, hookTimeout: hang };

export const projects = [
  {
    test: {
      ...shared,
      name: "unit",
      include: ["test/**/*.test.ts"],
      exclude: [`test/**/*.{${kinds}}.test.ts`],
      // Unit tests share nothing but modules, and loading these anew for each file takes longer than the tests.
      isolate: false,
    },
  },
  ...kinds.map((name) => ({
    test: { ...shared, name, include: [`test/**/*.${name}.test.ts`], exclude: [], isolate: true },
  })),
];

export default defineConfig({
  test: {
    globalSetup: "test/kit/synthesis.ts",
    maxWorkers: "100%",
    reporters: ["default", ["json", { outputFile: process.env.VITEST_REPORT ?? "out/vitest.json" }]],
    projects,
  },
});
