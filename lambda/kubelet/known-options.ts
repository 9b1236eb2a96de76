import options from "./known-options.json" with { type: "json" };

/** How a flag reads its value, named as `kubelet --help` names it. */
export type FlagType = string;

interface Changes {
  flagsRemoved: readonly string[];
  flagsAdded: Readonly<Record<string, FlagType | undefined>>;
  gatesRemoved: readonly string[];
  gatesAdded: readonly string[];
}

/** What a kubelet knows: its flags with their types, and its feature gates. */
export interface KnownOptions {
  flags: ReadonlyMap<string, FlagType>;
  featureGates: ReadonlySet<string>;
}

/** Kubernetes 1.x releases whose start-up this auditor follows, as minor numbers. */
export const oldestRelease = 27;
export const newestRelease = 36;

const byRelease = new Map<number, KnownOptions>();

/**
 * The tables differ a little with every release: known-options.json holds those of 1.27 and the changes since.
 * They were taken from `kubelet --help` and from the answers of each release's own feature gate check.
 */
export function knownOptions(release: number, windows = false): KnownOptions {
  const known = byRelease.get(release) ?? assemble(release);
  byRelease.set(release, known);
  return windows ? { ...known, flags: new Map([...known.flags, ...windowsFlags]) } : known;
}

/** Source: kubernetes cmd/kubelet/app/options/osflags_windows.go. */
const windowsFlags: readonly (readonly [name: string, type: FlagType])[] = [
  ["windows-service", "bool"],
  ["windows-priorityclass", "string"],
];

function assemble(release: number): KnownOptions {
  if (release <= oldestRelease) {
    return { flags: new Map(Object.entries(options.flags)), featureGates: new Set(options.featureGates) };
  }
  const before = knownOptions(release - 1);
  const changes: Readonly<Record<string, Changes>> = options.changes;
  const { flagsAdded = {}, flagsRemoved = [], gatesAdded = [], gatesRemoved = [] } = changes[`1.${release}`] ?? {};
  const flags = new Map(before.flags);
  for (const name of flagsRemoved) flags.delete(name);
  for (const [name, type] of Object.entries(flagsAdded)) if (type !== undefined) flags.set(name, type);
  const featureGates = new Set(before.featureGates);
  for (const name of gatesRemoved) featureGates.delete(name);
  for (const name of gatesAdded) featureGates.add(name);
  return { flags, featureGates };
}
