import { incomplete } from "../domain/problems.ts";
import { short } from "../text.ts";
import type { Resolution } from "./effective.ts";
import { everyRelease, supported } from "./version.ts";

/** Resolves a kubelet of unknown version for every known release. If all results agree, the version does not matter. */
export function resolveForEvery(tryRelease: (minor: number) => Resolution): Resolution {
  const resolutions = everyRelease.toReversed().map((minor) => ({ minor, resolution: tryRelease(minor) }));
  const [newest, ...others] = resolutions;
  const unreadable = resolutions.find(({ resolution }) => "unreadable" in resolution);
  if (newest === undefined || unreadable) return unreadable?.resolution ?? { refuses: "no release is known" };
  for (const other of others) {
    const difference = differenceOf(newest.resolution, other.resolution);
    if (difference === undefined) continue;
    throw incomplete(
      `The kubelet's version is unknown, but the result depends on it: between Kubernetes 1.${other.minor} and 1.${newest.minor} ${difference} differs.`,
      "Pass the Kubernetes version, or find out why `kubelet --version` prints none on the node.",
    );
  }
  if (!("kubelet" in newest.resolution)) return newest.resolution;
  const versionFrom = "unknown, but the effective configuration is the same for all of these versions";
  const { whole: _, ...kubelet } = newest.resolution.kubelet;
  return { kubelet: { ...kubelet, version: supported, versionFrom } };
}

/** The difference between the results of two releases, as a phrase for a sentence; undefined if there is none. */
function differenceOf(one: Resolution, other: Resolution): string | undefined {
  if (!("kubelet" in one) || !("kubelet" in other)) {
    const refusal = [one, other].find((resolution) => "refuses" in resolution);
    const both = "refuses" in one && "refuses" in other;
    return both || refusal === undefined ? undefined : `whether the kubelet starts (${short(refusal.refuses)})`;
  }
  if ((one.kubelet.exits === undefined) !== (other.kubelet.exits === undefined))
    return `whether the kubelet starts (${short(one.kubelet.exits ?? other.kubelet.exits ?? "")})`;
  const theirs = new Map(Object.entries(other.kubelet.settings).map(([name, { value }]) => [name, value]));
  const setting = Object.entries(one.kubelet.settings).find(
    ([name, { value }]) => JSON.stringify(value) !== JSON.stringify(theirs.get(name)),
  );
  if (setting) return setting[0];
  const samePaths = JSON.stringify(one.kubelet.paths) === JSON.stringify(other.kubelet.paths);
  return samePaths ? undefined : "which files the kubelet reads";
}
