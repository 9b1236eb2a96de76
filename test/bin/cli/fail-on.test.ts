import { expect, test } from "vitest";
import { exitCodeOf } from "../../../bin/cli/fail-on.ts";
import { result } from "../../kit/results.ts";

test.each([
  [["passed", "notApplicable", "excepted"], { notAvailable: 0, failed: 0, none: 0 }],
  [["passed", "failed"], { notAvailable: 1, failed: 1, none: 0 }],
  [["passed", "notAvailable"], { notAvailable: 2, failed: 0, none: 0 }],
  [["failed", "notAvailable"], { notAvailable: 2, failed: 1, none: 0 }],
] as const)("statuses %j exit with the code for each --fail-on", (statuses, codes) => {
  const results = statuses.map((status) => result(status));
  for (const failOn of ["notAvailable", "failed", "none"] as const)
    expect(exitCodeOf(results, failOn), failOn).toBe(codes[failOn]);
});
