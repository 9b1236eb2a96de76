/**
 * Adds a Kubernetes minor to the tables of feature gates, flags and fields:
 * `node docs/kubernetes-versions.ts 1.38 --gates gates.json --flags flags.json --fields fields.json`.
 * docs/kubernetes-versions.md describes the inputs and how to get them from a kubelet.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";

const text = { type: "string" } as const;
const { values: dumps, positionals } = parseArgs({
  allowPositionals: true,
  options: { gates: text, flags: text, fields: text },
});
const minor = Number(/^1\.(\d+)$/.exec(positionals.join())?.[1] ?? Number.NaN);
if (Number.isNaN(minor)) {
  throw new Error("Usage: node docs/kubernetes-versions.ts 1.MINOR [--gates FILE] [--flags FILE] [--fields FILE]");
}

type Gate = readonly [on: boolean, locked: boolean, stage: string, ...needs: string[]];
if (dumps.gates) addGates(read(dumps.gates));
if (dumps.flags) addFlags(read(dumps.flags));
if (dumps.fields) addFields(read(dumps.fields));

function addGates(gates: Readonly<Record<string, Gate>>): void {
  const table = tableNamed("feature-gates");
  const history: Record<string, string> = read(table);
  for (const name of sorted(history, gates)) {
    const steps = (history[name] ?? "").split(" ").filter(Boolean);
    const now = stepOf(gates[name]);
    const before = steps.at(-1)?.replace(/^\d+:/, "") ?? "x";
    if (now !== before) steps.push(`${minor}:${now}`);
    if (steps.length > 0) history[name] = steps.join(" ");
  }
  write(table, sorted(history), history);
}

function stepOf(gate: Gate | undefined): string {
  if (gate === undefined) return "x";
  const [on, locked, stage, ...needs] = gate;
  return `${stage.charAt(0)}${on ? "+" : "-"}${locked ? "!" : ""}${needs.length > 0 ? `(${needs.sort().join(",")})` : ""}`;
}

function addFlags(flags: Readonly<Record<string, string>>): void {
  const table = tableNamed("flags");
  const history: Record<string, string> = read(table);
  for (const name of sorted(history, flags)) {
    const [type = flags[name], range = `${minor}-`, ...field] = history[name]?.split(" ") ?? [];
    if (flags[name] !== undefined && flags[name] !== type) throw new Error(`--${name} was ${type}, is ${flags[name]}`);
    if (flags[name] !== undefined && !range.endsWith("-")) throw new Error(`--${name} was removed and is back`);
    const until = flags[name] === undefined && range.endsWith("-") ? minor - 1 : "";
    history[name] = [type, `${range}${until}`, ...field].join(" ");
  }
  write(table, sorted(history), history);
}

type Field = readonly [type: string, defaultValue?: unknown];

/** The order of fields is that of the kubelet's type. */
function addFields(fields: Readonly<Record<string, Field>>): void {
  const table = tableNamed("fields");
  const history: Record<string, string> = read(table);
  const removed = Object.keys(history).find((path) => fields[path] === undefined);
  if (removed) throw new Error(`1.${minor} does not have the field ${removed}, and the table cannot express that`);
  const lines = Object.entries(fields).map(([path, [type, value]]) => {
    const [before = type, ...steps] = history[path]?.split(" ") ?? [];
    if (before !== type) throw new Error(`${path} was ${before}, is ${type}`);
    const now = value === undefined ? "" : String(value);
    if (steps.at(-1)?.replace(/^\d+:/, "") !== now) steps.push(`${minor}:${now}`);
    return [path, [type, ...steps].join(" ")] as const;
  });
  write(
    table,
    lines.map(([path]) => path),
    Object.fromEntries(lines),
  );
}

function tableNamed(name: string): URL {
  return new URL(`../lambda/kubelet/${name}.json`, import.meta.url);
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
