/**
 * Writes the tables of docs/scale.md and README.md and docs/pictures/scale.svg from docs/scale-runs.jsonl, which `npm
 * run bench:record` writes. With --check it only reports whether they are stale.
 */
import { readFileSync } from "node:fs";
import { z } from "zod";
import { assumedSsmRate } from "../bench/scale/aws-times.ts";
import { floorOf } from "../bench/scale/floor.ts";
import { nodesInCluster } from "../bench/scale/synthetic-nodes.ts";
import { generated, withPart } from "./generated.ts";
import { plotOf } from "./scale-plot.ts";

const runModel = z.object({
  run: z.enum(["first", "steady"]),
  nodes: z.number(),
  clusters: z.number(),
  ssmRate: z.number(),
  /** Findings that the run had to send. */
  findings: z.number(),
  seconds: z.number(),
  cpuSeconds: z.number(),
  memoryMiB: z.number(),
  callsPerNode: z.number(),
});
type Run = z.output<typeof runModel>;

const lines = readFileSync(new URL("scale-runs.jsonl", import.meta.url), "utf8")
  .split("\n")
  .filter(Boolean);
const runs = lines.map((line) => runModel.parse(JSON.parse(line)));

/** One row: a first audit, whose runs are added up, and a steady run. */
const rows = [...Map.groupBy(runs, ({ nodes, clusters, ssmRate }) => `${nodes} ${clusters} ${ssmRate}`).values()].map(
  (group) => {
    const first = added(group.filter(({ run }) => run === "first"));
    const { nodes, clusters, ssmRate } = first;
    const isSpread = clusters !== Math.ceil(nodes / nodesInCluster);
    const isFast = ssmRate !== assumedSsmRate;
    return {
      name: `${nodes.toLocaleString("en")}${isSpread ? ` in ${clusters} clusters` : ""}${isFast ? `, SSM at ${ssmRate} a second` : ""}`,
      isUsual: !isSpread && !isFast,
      first,
      steady: added(group.filter(({ run }) => run === "steady")),
    };
  },
);

/** Adds up the runs of one audit. The floor is that of the first run, which had to send all findings. */
function added(group: readonly Run[]) {
  const [first] = group;
  if (!first) throw new Error("docs/scale-runs.jsonl lacks a run. Measure the row again with npm run bench:record.");
  const sum = (field: "seconds" | "cpuSeconds" | "callsPerNode") => group.reduce((all, run) => all + run[field], 0);
  const [seconds, floor] = [sum("seconds"), floorOf(first)];
  return {
    ...first,
    runs: group.length,
    seconds,
    floor,
    ratio: seconds / floor,
    cpuSeconds: sum("cpuSeconds"),
    callsPerNode: sum("callsPerNode"),
    memoryMiB: Math.max(...group.map(({ memoryMiB }) => memoryMiB)),
  };
}
type Row = ReturnType<typeof added>;

function table(head: readonly string[], cells: readonly (readonly string[])[]): string {
  return [head, head.map(() => "---"), ...cells].map((row) => `| ${row.join(" | ")} |\n`).join("");
}

const seconds = (value: number) => (value < 100 ? value.toFixed(1) : Math.round(value).toLocaleString("en"));
const inRuns = ({ runs, ...row }: Row) => `${seconds(row.seconds)}${runs > 1 ? ` (${runs} runs)` : ""}`;
const times = (kind: "first" | "steady") =>
  table(
    ["nodes", "seconds", "floor", "ratio", "calls a node"],
    rows.map(({ name, [kind]: row }) => [
      name,
      inRuns(row),
      seconds(row.floor),
      row.ratio.toFixed(2),
      row.callsPerNode.toFixed(row.callsPerNode < 0.1 ? 4 : 2),
    ]),
  );
const costs = table(
  ["nodes", "memory of a first audit, MiB", "its CPU, s", "memory of a steady run, MiB", "its CPU, s"],
  rows.map(({ name, first, steady }) => [
    name,
    first.memoryMiB.toFixed(0),
    seconds(first.cpuSeconds),
    steady.memoryMiB.toFixed(0),
    seconds(steady.cpuSeconds),
  ]),
);
const overview = table(
  ["nodes", "first audit, s", "its floor, s", "steady run, s", "its floor, s"],
  rows
    .filter(({ isUsual }) => isUsual)
    .map(({ name, first, steady }) => [
      name,
      inRuns(first),
      seconds(first.floor),
      seconds(steady.seconds),
      seconds(steady.floor),
    ]),
);

const command = "npm run docs:scale";
const page = new URL("scale.md", import.meta.url);
const readme = new URL("../README.md", import.meta.url);
const all = `A first audit:\n\n${times("first")}\nA steady run:\n\n${times("steady")}\nMemory and CPU:\n\n${costs}`;
generated(page, withPart(page, all, command), command);
generated(readme, withPart(readme, overview, command), command);
const usual = rows.filter(({ isUsual }) => isUsual);
const plot = plotOf(
  usual.map(({ first }) => first),
  usual.map(({ steady }) => steady),
);
generated(new URL("pictures/scale.svg", import.meta.url), plot, command);
