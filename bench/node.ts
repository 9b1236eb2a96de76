/**
 * `npm run bench:node [SCRIPT]`: measures the cost of the collector on a stock AL2023 node with a real kubelet process:
 * CPU, peak memory of the largest process, number of processes, bytes sent. It runs under dash and bash, with 0 and
 * with 400 other processes. Needs root on Linux, unshare and setpriv (util-linux), GNU time and a C compiler.
 */
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { collectorText } from "../lib/collect-content.ts";
import { cannotRunNodes, plantRealNode, runOnNode } from "../local-aws/real-node.ts";

/** Number of measured runs. CPU time is counted in hundredths of a second, so a single run is too short to measure. */
const runs = 100;

const obstacle = cannotRunNodes();
if (obstacle !== undefined) throw new Error(`bench:node ${obstacle}.`);

const root = mkdtempSync(join(tmpdir(), "bench-node-"));
plantRealNode("al2023", root, { modified: {} });
const [, , script] = process.argv;
writeFileSync(join(root, "collect.sh"), script === undefined ? collectorText() : readFileSync(script));
copyFileSync("/usr/bin/time", join(root, "usr/bin/time"));
const argv = readFileSync("local-aws/nodes/al2023/cmdline.txt", "utf8").trimEnd().split("\n").slice(1);

console.log(
  "| shell | other processes | CPU, ms | peak memory, MB | processes | bytes sent |\n|---|---|---|---|---|---|",
);
for (const shell of ["dash", "bash"]) {
  for (const others of [0, 400]) {
    const { cpu, memory, processes, bytes } = await measure(shell, others);
    console.log(`| ${shell} | ${others} | ${cpu.toFixed(1)} | ${memory.toFixed(1)} | ${processes} | ${bytes} |`);
  }
}
rmSync(root, { recursive: true });

/**
 * Process 1 starts the kubelet and the other processes. In a new PID namespace, the difference of two PIDs is the
 * number of processes that were started in between.
 */
async function measure(shell: string, others: number) {
  const commands = `
    shell=$1 others=$2 runs=$3; shift 3
    /usr/bin/kubelet "$@" & 
    i=0; while [ $i -lt $others ]; do sleep 1000 & i=$((i + 1)); done
    sleep 0.3
    $shell /collect.sh >/tmp/evidence
    before=$(sh -c 'echo $$'); $shell /collect.sh >/dev/null; after=$(sh -c 'echo $$')
    time -f %M $shell /collect.sh 2>/tmp/peak >/dev/null
    cat >/tmp/times.sh <<'EOF'
      i=0; while [ $i -lt $2 ]; do $1 /collect.sh >/dev/null; i=$((i + 1)); done; times
EOF
    echo "$((after - before - 1)) $(head -c 100 /tmp/peak) $(($(cat /tmp/evidence | base64 -w0 | head -c 100000 | tr -d '=' | { read -r x; echo \${#x}; }) * 3 / 4))"
    sh /tmp/times.sh $shell $runs | { read -r own; read -r children; echo "$children"; }`;
  const { stdout, stderr } = await runOnNode(root, commands, [shell, String(others), String(runs), ...argv]);
  const [counts = "", times = ""] = stdout.trim().split("\n");
  const [processes = 0, peak = 0, bytes = 0] = counts.split(" ").map(Number);
  const seconds = [...times.matchAll(/(\d+)m([\d.]+)s/g)].reduce(
    (sum, [, m, s]) => sum + 60 * Number(m) + Number(s),
    0,
  );
  if (!(seconds > 0 && bytes > 500)) throw new Error(`The measurement failed. Output: ${stdout}${stderr}`);
  return { cpu: (1000 * seconds) / runs, memory: peak / 1000, processes, bytes };
}
