import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";

test.each(["--help", "65536", "1 2"])("npm run local-aws -- %s prints its usage and exits with 2", (words) => {
  const args = words.split(" ");
  const { status, stdout, stderr } = spawnSync(process.execPath, ["local-aws/serve.ts", ...args], { encoding: "utf8" });
  expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
  expect(stderr).toMatch(/^Usage: npm run local-aws/);
});
