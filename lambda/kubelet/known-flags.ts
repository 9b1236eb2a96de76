import table from "./flags.json" with { type: "json" };
import { newestRelease } from "./version.ts";

/** The type of a flag's value, with its name in `kubelet --help`. */
export type FlagType = string;

export interface KnownFlag {
  type: FlagType;
  /** The path of the configuration field that the flag sets. */
  field?: string;
}

/** The flags of one kubelet, keyed by name. */
export type KnownFlags = ReadonlyMap<string, KnownFlag>;

/**
 * flags.json has one line per flag: type, first and last minor ("27-30"; "27-" if the newest still has it), field.
 * Source: the flag set of `kubelet` in each release; docs/kubernetes-versions.md describes how it is made.
 */
const history = Object.entries(table).map(([name, line]) => {
  const [type = "", range = "", field] = line.split(" ");
  const [since = "", until = ""] = range.split("-");
  return { name, flag: { type, ...(field && { field }) }, since: Number(since), until: Number(until || newestRelease) };
});

/** Source: kubernetes cmd/kubelet/app/options/osflags_windows.go. */
const windowsFlags: readonly (readonly [name: string, flag: KnownFlag])[] = [
  ["windows-service", { type: "bool" }],
  ["windows-priorityclass", { type: "string" }],
];

const names = new Set(history.map(({ name }) => name));

/** Whether any release in the table has or had the flag. */
export function wasEverKnown(name: string): boolean {
  return names.has(name);
}

const byRelease = new Map<number, KnownFlags>();

export function knownFlags(release: number, windows = false): KnownFlags {
  const known = byRelease.get(release) ?? new Map(flagsOf(release));
  byRelease.set(release, known);
  return windows ? new Map([...known, ...windowsFlags]) : known;
}

function flagsOf(release: number): (readonly [string, KnownFlag])[] {
  const present = history.filter(({ since, until }) => since <= release && release <= until);
  return present.map(({ name, flag }) => [name, flag] as const);
}
