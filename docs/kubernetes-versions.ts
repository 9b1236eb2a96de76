/**
 * Adds a Kubernetes minor version to the tables of feature gates and flags:
 * `node docs/kubernetes-versions.ts 1.38 gates.json flags.json`.
 * docs/kubernetes-versions.md describes both inputs and how to extract them from a kubelet.
 */
import { readFileSync, writeFileSync } from "node:fs";

const [version = "", gatesFile = "", flagsFile = ""] = process.argv.slice(2);
const minor = Number(/^1\.(\d+)$/.exec(version)?.[1] ?? Number.NaN);
if (Number.isNaN(minor) || flagsFile === "") {
  throw new Error("Usage: node docs/kubernetes-versions.ts 1.MINOR GATES.json FLAGS.json");
}

type Gate = readonly [on: boolean, locked: boolean, stage: string, ...needs: string[]];
const gates: Readonly<Record<string, Gate>> = read(gatesFile);
const flags: Readonly<Record<string, string>> = read(flagsFile);

const gateTable = new URL("../lambda/kubelet/feature-gates.json", import.meta.url);
const gateHistory: Record<string, string> = read(gateTable);
for (const name of sorted(gateHistory, gates)) {
  const steps = (gateHistory[name] ?? "").split(" ").filter(Boolean);
  const now = stepOf(gates[name]);
  const before = steps.at(-1)?.replace(/^\d+:/, "") ?? "x";
  if (now !== before) steps.push(`${minor}:${now}`);
  if (steps.length > 0) gateHistory[name] = steps.join(" ");
}
write(gateTable, sorted(gateHistory), gateHistory);

const flagTable = new URL("../lambda/kubelet/flags.json", import.meta.url);
const flagHistory: Record<string, string> = read(flagTable);
for (const name of sorted(flagHistory, flags)) {
  const [type = flags[name], range = `${minor}-`, ...field] = flagHistory[name]?.split(" ") ?? [];
  if (flags[name] !== undefined && flags[name] !== type)
    throw new Error(`The type of --${name} changed from ${type} to ${flags[name]}.`);
  if (flags[name] !== undefined && !range.endsWith("-"))
    throw new Error(`--${name} was removed in an earlier version and exists again.`);
  const until = flags[name] === undefined && range.endsWith("-") ? minor - 1 : "";
  flagHistory[name] = [type, `${range}${until}`, ...field].join(" ");
}
write(flagTable, sorted(flagHistory), flagHistory);

function stepOf(gate: Gate | undefined): string {
  if (gate === undefined) return "x";
  const [on, locked, stage, ...needs] = gate;
  return `${stage.charAt(0)}${on ? "+" : "-"}${locked ? "!" : ""}${needs.length > 0 ? `(${needs.sort().join(",")})` : ""}`;
}

function read<T>(path: string | URL): T {
  return JSON.parse(readFileSync(path, "utf8"));
}

function sorted(...tables: readonly object[]): string[] {
  return [...new Set(tables.flatMap((table) => Object.keys(table)))].sort();
}

function write(path: URL, names: readonly string[], table: Readonly<Record<string, string>>): void {
  const ordered = Object.fromEntries(names.map((name) => [name, table[name]]));
  writeFileSync(path, `${JSON.stringify(ordered, null, 2)}\n`);
}
