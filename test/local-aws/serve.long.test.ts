import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { expect, onTestFinished, test } from "vitest";

test("npm run local-aws prints environment variables for another terminal, and Ctrl-C ends it", async () => {
  const child = spawn(process.execPath, ["local-aws/serve.ts"]);
  onTestFinished(() => void child.kill());
  let printed = "";
  for await (const chunk of child.stdout) {
    printed += chunk;
    if (printed.includes("Ctrl-C stops it.")) break;
  }
  const [, endpoint = ""] = /^export AWS_ENDPOINT_URL=(http:\/\/127\.0\.0\.1:\d+)$/m.exec(printed) ?? [];
  expect((await fetch(endpoint)).ok).toBe(false);
  expect(printed).toMatch(
    /^export AWS_REGION=us-east-1$.*^npx eks-kubelet-auditor run$.*^npm run -s verify-deployment$/ms,
  );
  const exports = [...printed.matchAll(/^export (\w+)=(.*)$/gm)].map(([, name, value]) => [name, value]);
  const env = { PATH: process.env.PATH, ...Object.fromEntries(exports) };
  const verified = spawnSync(process.execPath, ["bin/verify-deployment.ts"], { encoding: "utf8", env });
  expect(verified.stdout).toMatch(/^ok +findings: .*\d+ ok, 0 failed, 0 skipped\.$/ms);
  child.kill("SIGINT");
  expect(await once(child, "close")).toEqual([0, null]);
});
