import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    // Many tests wait for a child process, so a worker for each processor has the machine busy; vitest's own choice is one fewer.
    maxWorkers: "100%",
    globalSetup: ["test/kit/synthesis.ts"],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    reporters: ["default", ["json", { outputFile: "out/vitest.json" }]],
  },
});
