/**
 * `npm run bench:node [-- --runs N] [SCRIPT]`: measures the cost of the collector on a stock AL2023 node with a real
 * kubelet process: CPU, peak memory of the largest process, number of processes, bytes sent. It runs under dash and
 * bash, with 0 and with 400 other processes. If kube-bench is on the PATH, its checks of a node of EKS are measured on
 * the same node. Needs root on Linux, unshare and setpriv (util-linux), GNU time and a C compiler.
 */
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { collectorText } from "../lib/collect-content.ts";
import { cannotRunNodes, plantRealNode, runOnNode, which } from "../local-aws/real-node.ts";

const { values, positionals } = parseArgs({
  options: { runs: { type: "string", default: "100" } },
  allowPositionals: true,
});
/** Number of measured runs. CPU time is counted in hundredths of a second, so a single run is too short to measure. */
const runs = Number(values.runs);

/** kube-bench takes about a second, so fewer runs are enough. */
const runsOfPeer = Math.ceil(runs / 10);

/** The checks of a node of EKS, and the folders in which kube-bench finds them. */
const peer = "kube-bench run --targets node --benchmark eks-1.5.0";
const checks = ["/etc/kube-bench/cfg", "/opt/kube-bench/cfg"];

/** Programs that kube-bench starts. */
const toolsOfPeer = ["ps", "grep", "find"];

const obstacle = cannotRunNodes();
if (obstacle !== undefined) throw new Error(`bench:node ${obstacle}.`);

const root = mkdtempSync(join(tmpdir(), "bench-node-"));
process.once("exit", () => rmSync(root, { recursive: true }));
plantRealNode("al2023", root, { modified: {} });
const [script] = positionals;
writeFileSync(join(root, "collect.sh"), script === undefined ? collectorText() : readFileSync(script));
copyFileSync("/usr/bin/time", join(root, "usr/bin/time"));
const argv = readFileSync("local-aws/nodes/al2023/cmdline.txt", "utf8").trimEnd().split("\n").slice(1);

console.log(
  "| program | other processes | CPU, ms | peak memory, MB | processes | bytes sent |\n|---|---|---|---|---|---|",
);
/** Milliseconds of CPU time of one run, by program and number of other processes. */
const measured = new Map<string, number>();
for (const shell of ["dash", "bash"])
  for (const others of [0, 400]) await report(shell, `${shell} /collect.sh`, others);
if (plantPeer()) {
  for (const others of [0, 400]) await report("kube-bench", peer, others, runsOfPeer);
  for (const others of [0, 400]) {
    const [ours = Number.NaN, theirs = Number.NaN] = ["dash", "kube-bench"].map((name) =>
      measured.get(`${name} ${others}`),
    );
    const ratio = (theirs / ours).toFixed(1);
    console.log(`\nWith ${others} other processes, kube-bench takes ${ratio} times the CPU of the collector.`);
  }
}

/** Measures the program and prints a row. */
async function report(name: string, program: string, others: number, times = runs): Promise<void> {
  const { cpu, memory, processes, bytes } = await measure(program, others, times);
  console.log(`| ${name} | ${others} | ${cpu.toFixed(1)} | ${memory.toFixed(1)} | ${processes} | ${bytes} |`);
  measured.set(`${name} ${others}`, cpu);
}

/** Copies kube-bench with its checks to the node, if this machine has it. */
function plantPeer(): boolean {
  const find = (name: string) => {
    try {
      return realpathSync(which(name));
    } catch {
      return undefined;
    }
  };
  const program = find("kube-bench");
  if (program === undefined) return false;
  copyFileSync(program, join(root, "usr/bin/kube-bench"));
  for (const name of toolsOfPeer) {
    const tool = find(name);
    if (tool) copyFileSync(tool, join(root, "usr/bin", name));
  }
  for (const folder of checks.filter(existsSync)) cpSync(folder, join(root, folder), { recursive: true });
  return true;
}

/**
 * Process 1 starts the kubelet and the other processes. In a new PID namespace, the difference of two PIDs is the
 * number of processes that were started in between.
 */
async function measure(program: string, others: number, times: number) {
  const commands = `
    program=$1 others=$2 runs=$3; shift 3
    /usr/bin/kubelet "$@" & 
    i=0; while [ $i -lt $others ]; do sleep 1000 & i=$((i + 1)); done
    sleep 0.3
    $program >/tmp/evidence
    before=$(sh -c 'echo $$'); $program >/dev/null; after=$(sh -c 'echo $$')
    time -f %M $program 2>/tmp/peak >/dev/null
    cat >/tmp/times.sh <<'EOF'
      i=0; while [ $i -lt $2 ]; do $1 >/dev/null; i=$((i + 1)); done; times
EOF
    echo "$((after - before - 1)) $(head -c 100 /tmp/peak) $(($(cat /tmp/evidence | base64 -w0 | head -c 100000 | tr -d '=' | { read -r x; echo \${#x}; }) * 3 / 4))"
    sh /tmp/times.sh "$program" $runs | { read -r own; read -r children; echo "$children"; }`;
  const { stdout, stderr } = await runOnNode(root, commands, [program, String(others), String(times), ...argv]);
  const [counts = "", spent = ""] = stdout.trim().split("\n");
  const [processes = 0, peak = 0, bytes = 0] = counts.split(" ").map(Number);
  const seconds = [...spent.matchAll(/(\d+)m([\d.]+)s/g)].reduce(
    (sum, [, m, s]) => sum + 60 * Number(m) + Number(s),
    0,
  );
  if (!(seconds > 0 && bytes > 500)) throw new Error(`The measurement failed. Output: ${stdout}${stderr}`);
  return { cpu: (1000 * seconds) / times, memory: peak / 1000, processes, bytes };
}
