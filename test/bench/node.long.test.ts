import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { cannotRunNodes } from "../../local-aws/real-node.ts";

/** Prints 1,000 bytes. CPU time is measured in steps of 10 ms, so the loop makes ten runs take several steps. */
const standIn = `#!/bin/sh
i=0; while [ $i -lt 100000 ]; do i=$((i + 1)); done
head -c 1000 /dev/zero | tr '\\0' x
`;

test.skipIf(cannotRunNodes())("bench:node measures kube-bench beside the collector if it is on the PATH", async () => {
  const folder = mkdtempSync(join(tmpdir(), "kube-bench-"));
  try {
    writeFileSync(join(folder, "kube-bench"), standIn, { mode: 0o755 });
    const env = { ...process.env, PATH: `${folder}:${process.env.PATH}` };
    const { stdout } = await promisify(execFile)(process.execPath, ["bench/node.ts", "--runs", "10"], { env });
    expect(stdout).toMatch(/^\| dash \| 0 \| /m);
    expect(stdout).toMatch(/^\| kube-bench \| 0 \| [\d.]+ \| [\d.]+ \| \d+ \| 1000 \|$/m);
    expect(stdout).toMatch(/^With 400 other processes, kube-bench takes [\d.]+ times the CPU of the collector\.$/m);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
