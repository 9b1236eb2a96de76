/**
 * `npm run bench:record [-- ROW…]`: runs the benchmark for the rows of the tables in README.md and docs/scale.md, and
 * replaces their lines in docs/scale-runs.jsonl. A ROW is its number from 1; without ROW, all rows are measured, which
 * takes an hour. `npm run docs:scale` writes the tables.
 */
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { assumedSsmRate } from "./scale/aws-times.ts";
import { nodesInCluster } from "./scale/synthetic-nodes.ts";

/** The rows of the tables. `ssmRate` is the number of calls per second that SSM allows for each operation. */
const rows = [
  ...[10, 100, 300, 1_000, 2_000, 10_000, 100_000].map((nodes) => ({
    nodes,
    clusters: Math.ceil(nodes / nodesInCluster),
    ssmRate: assumedSsmRate,
  })),
  { nodes: 1_000, clusters: 100, ssmRate: assumedSsmRate },
  { nodes: 10_000, clusters: 10, ssmRate: 2 * assumedSsmRate },
];

/** Maximum bytes of a benchmark's output. A run that ends at its time limit logs the id of each node that it did not reach. */
const longestLog = 1_000_000_000;

const file = new URL("../docs/scale-runs.jsonl", import.meta.url);
const chosen = process.argv.slice(2).map(Number);
if (!chosen.every((row) => row >= 1 && row <= rows.length))
  throw new Error(`A row is a number from 1 to ${rows.length}.`);
for (const [index, row] of rows.entries()) {
  if (chosen.length > 0 && !chosen.includes(index + 1)) continue;
  const words = [`--nodes=${row.nodes}`, `--clusters=${row.clusters}`, `--ssm-rate=${row.ssmRate}`, "--json"];
  const lines = linesOf(
    execFileSync(process.execPath, ["bench/scale.ts", ...words], { encoding: "utf8", maxBuffer: longestLog }),
  );
  console.log(lines.join("\n"));
  const keyOf = ({ nodes, clusters, ssmRate }: (typeof rows)[number]) => `${nodes} ${clusters} ${ssmRate}`;
  const others = linesOf(readFileSync(file, "utf8")).filter((line) => keyOf(JSON.parse(line)) !== keyOf(row));
  const order = rows.map(keyOf);
  const place = (line: string) => order.indexOf(keyOf(JSON.parse(line)));
  const all = [...others, ...lines].sort((one, other) => place(one) - place(other));
  writeFileSync(file, `${all.join("\n")}\n`);
}

/** The lines with results. The function's log can contain others. */
function linesOf(text: string): string[] {
  return text.split("\n").filter((line) => line.startsWith("{"));
}
