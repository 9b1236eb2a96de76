/** fast-check, with a command in the message of a failed property that tries the same values again. */
import { relative } from "node:path";
import fc from "fast-check";
import { expect } from "vitest";

const { FUZZ_SEED, FUZZ_PATH } = process.env;

fc.configureGlobal({
  ...(FUZZ_SEED !== undefined && { seed: Number(FUZZ_SEED) }),
  ...(FUZZ_PATH !== undefined && { path: FUZZ_PATH }),
  reporter(run) {
    if (!run.failed) return;
    const { testPath = "", currentTestName = "" } = expect.getState();
    const title = currentTestName.split(" > ").at(-1) ?? "";
    const again = `FUZZ_SEED=${run.seed} FUZZ_PATH=${run.counterexamplePath} npx vitest run ${relative("", testPath)} -t "${title}"`;
    throw new Error(`${fc.defaultReportMessage(run)}\nTry the same values again with:\n${again}`, {
      cause: run.errorInstance,
    });
  },
});

export default fc;
