import { KubeletRefuses } from "../domain/problems.ts";
import { type Configuration, entriesBelow } from "./configuration.ts";
import type { KnownOptions } from "./known-options.ts";

/** Gates that somebody switched, by name. */
export type GateStates = ReadonlyMap<string, boolean>;

/**
 * The gates that matter here, with the release since which each is beta and on by default; before that it is alpha and
 * off. Source: kubernetes pkg/features/kube_features.go.
 */
const betaSince = new Map([
  ["RotateKubeletServerCertificate", 12],
  ["KubeletCrashLoopBackOffMax", 35],
  ["KubeletEnsureSecretPulledImages", 35],
]);
/** The release in which a gate first exists, where that is later than the oldest supported one. */
const alphaSince = new Map([
  ["KubeletCrashLoopBackOffMax", 32],
  ["KubeletEnsureSecretPulledImages", 33],
]);

/**
 * Whether a gate is on: as switched itself, else as all gates of its stage are switched, else by its default.
 * Source: k8s.io/component-base/featuregate (setUnsetAlphaGates, setUnsetBetaGates).
 */
export function gateOn(gate: string, switched: GateStates, release: number): boolean {
  if ((alphaSince.get(gate) ?? 0) > release) return false;
  const beta = (betaSince.get(gate) ?? 0) <= release;
  return switched.get(gate) ?? switched.get(beta ? "AllBeta" : "AllAlpha") ?? beta;
}

export function refuseUnknownGates(switched: GateStates, { featureGates }: KnownOptions): void {
  for (const gate of switched.keys()) {
    if (!featureGates.has(gate)) throw new KubeletRefuses(`unrecognized feature gate: ${gate}`);
  }
}

/** The gates that a configuration switches. */
export function gatesIn(configuration: Configuration): GateStates {
  return new Map(entriesBelow(configuration, "featureGates").map(([gate, { value }]) => [gate, value === true]));
}

/**
 * The gates that are on while a file is loaded: the command line's, and over them the file's own; but once all gates
 * of a stage are switched by the command line, the file cannot switch them all again.
 */
export function gatesWhileLoading(flagged: GateStates, inFile: GateStates): GateStates {
  const stages = [...flagged].filter(([gate]) => gate === "AllAlpha" || gate === "AllBeta");
  return new Map([...flagged, ...inFile, ...stages]);
}
