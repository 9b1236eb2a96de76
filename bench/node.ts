/**
 * `npm run bench:node`: what collect.sh costs a stock AL2023 node: CPU, peak memory of the largest process, processes started
 * and bytes sent. Linux, with unshare (util-linux) and time (GNU) installed.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { readEvidence } from "../lambda/evidence/evidence.ts";
import { theKubelet } from "../lambda/kubelet/process.ts";
import { plantNode } from "../local-aws/node-tree.ts";

/** The clock of CPU time ticks in hundredths of a second, so one run is too short to be measured. */
const runs = 100;

const collector = fileURLToPath(new URL("../lib/collect/collect.sh", import.meta.url));
const root = mkdtempSync(join(tmpdir(), "bench-node-"));
plantNode("al2023", root);
const shell = (script: string, ...more: string[]) =>
  execFileSync("sh", ["-c", script, collector, ...more], { env: { ...process.env, ROOT: root }, encoding: "utf8" });

const output = shell('sh "$0"');
if (!("process" in theKubelet(readEvidence(output)))) throw new Error("the collector found no kubelet in the tree");

// The second line of `times` is of the children: user and system, as in "0m1.230000s 0m0.450000s".
const times = shell(`i=0; while [ $i -lt ${runs} ]; do sh "$0" >/dev/null; i=$((i + 1)); done; times`);
const [, ofChildren = ""] = times.trim().split("\n");
const seconds = [...ofChildren.matchAll(/(\d+)m([\d.]+)s/g)].reduce(
  (sum, [, m, s]) => sum + 60 * Number(m) + Number(s),
  0,
);

// In a process namespace of its own processes are numbered from 1 on.
const count = "sh \"$0\" >/dev/null; sh -c 'echo $$'";
const lastProcess = execFileSync(
  "unshare",
  ["--user", "--map-root-user", "--pid", "--fork", "sh", "-c", count, collector],
  {
    env: { ...process.env, ROOT: root },
    encoding: "utf8",
  },
);

const peak = shell('{ /usr/bin/time -f %M sh "$0" >/dev/null; } 2>&1');
rmSync(root, { recursive: true });

console.log(`CPU: ${((1000 * seconds) / runs).toFixed(1)} ms a run, mean of ${runs}`);
console.log(`peak memory of the largest process: ${(Number(peak) / 1000).toFixed(1)} MB`);
// The first number is the outer shell's, the last the one that tells.
console.log(`processes started: ${Number(lastProcess) - 2}`);
console.log(`bytes sent: ${Buffer.byteLength(output)}`);
