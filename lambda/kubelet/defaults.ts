import { parseDuration } from "../go/literals.ts";
import {
  type Configuration,
  durationAt,
  emptyMap,
  isZero,
  numberAt,
  type Source,
  type Value,
} from "./configuration.ts";
import type { FeatureGates } from "./feature-gates.ts";
import { type LeafField, leaves } from "./fields.ts";

/** The kubelet's value for a field that nothing sets. */
interface Default {
  path: string;
  value: Value;
  gate?: string;
  /** Whether zero counts as unset, so that "0s" and an empty mode become the default. */
  replacesZero: boolean;
}

const byRelease = new Map<number, readonly Default[]>();

/** The defaults of a minor that do not depend on other fields. */
function defaultsOf(minor: number): readonly Default[] {
  const known = byRelease.get(minor);
  if (known) return known;
  const defaults = leaves.values().flatMap((field) => {
    const step = field.defaults.findLast(({ since }) => since <= minor);
    if (step === undefined || step.text === "") return [];
    const { gate, text } = step;
    const replacesZero = !field.pointer && field.shape !== "list";
    return [{ path: field.path, value: defaultValue(text, field), replacesZero, ...(gate && { gate }) }];
  });
  const list = [...defaults];
  byRelease.set(minor, list);
  return list;
}

function defaultValue(text: string, { kind, shape }: LeafField): Value {
  if (shape === "list") return text.split(",");
  if (kind === "bool") return text === "true";
  if (kind === "duration" || kind === "timeOrDuration") return parseDuration(text) ?? 0n;
  return kind === "string" || kind === "quantity" ? text : Number(text);
}

/**
 * Sets unset fields to their defaults. Source: kubernetes pkg/kubelet/apis/config/v1beta1/defaults.go
 * SetDefaults_KubeletConfiguration.
 */
export function setDefaults(configuration: Configuration, gates: FeatureGates, minor: number, from: Source): void {
  const set = (path: string, value: Value) => configuration.set(path, { value, from });
  const updates = durationAt(configuration, "nodeStatusUpdateFrequency");
  const reports = durationAt(configuration, "nodeStatusReportFrequency");
  if (updates !== 0n && reports === 0n) set("nodeStatusReportFrequency", updates);
  if (!configuration.has("serializeImagePulls"))
    set("serializeImagePulls", numberAt(configuration, "maxParallelImagePulls") < 2);
  const pids = configuration.get("podPidsLimit");
  if (pids && numberAt(configuration, "podPidsLimit") < 0) configuration.set("podPidsLimit", { ...pids, value: -1 });
  for (const { path, value, gate, replacesZero } of defaultsOf(minor)) {
    const entry = configuration.get(path);
    if (entry !== undefined && !(replacesZero && isZero(entry.value))) continue;
    if (gate === undefined || gates.isOn(gate)) set(path, value);
  }
}

/**
 * Without --config the kubelet uses these defaults from the time before configuration files.
 * Source: kubernetes cmd/kubelet/app/options/options.go applyLegacyDefaults.
 */
const legacyDefaults: readonly (readonly [path: string, value: Value])[] = [
  ["authentication.anonymous.enabled", true],
  ["authentication.webhook.enabled", false],
  ["authorization.mode", "AlwaysAllow"],
  ["readOnlyPort", 10_255],
];

/** The configuration of a kubelet without a file and flags. */
export function legacyConfiguration(gates: FeatureGates, release: number, from: Source): Configuration {
  const configuration: Configuration = new Map();
  setDefaults(configuration, gates, release, from);
  for (const [path, value] of legacyDefaults) configuration.set(path, { value, from });
  return configuration;
}

const evictionThresholds: readonly { signal: string; threshold: string; since: number }[] = [
  { signal: "memory.available", threshold: "100Mi", since: 0 },
  { signal: "nodefs.available", threshold: "10%", since: 0 },
  { signal: "nodefs.inodesFree", threshold: "5%", since: 0 },
  { signal: "imagefs.available", threshold: "15%", since: 0 },
  { signal: "imagefs.inodesFree", threshold: "5%", since: 30 },
];

/**
 * A file without evictionHard gets these thresholds. A map, even an empty one, gets none unless
 * mergeDefaultEvictionSettings is true: then it gets the thresholds that it lacks.
 * Sources: kubernetes cmd/kubelet/app/server.go loadConfigFile, pkg/kubelet/eviction/defaults_linux.go.
 */
export function setEvictionDefaults(configuration: Configuration, minor: number, from: Source): void {
  if (!configuration.has("evictionHard")) configuration.set("evictionHard", { value: emptyMap, from });
  else if (configuration.get("mergeDefaultEvictionSettings")?.value !== true) return;
  for (const { signal, threshold, since } of evictionThresholds) {
    const path = `evictionHard.${signal}`;
    if (minor >= since && !configuration.has(path)) configuration.set(path, { value: threshold, from });
  }
}
