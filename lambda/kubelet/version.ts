import { CannotTell } from "../domain/problems.ts";
import type { KubeletProcess } from "../evidence/evidence.ts";
import { short } from "../text.ts";

/** The oldest and newest Kubernetes 1.x minors whose start-up this auditor reproduces. */
export const oldestRelease = 27;
export const newestRelease = 37;

/** The Kubernetes release of a kubelet. */
export interface Release {
  /** The minor whose rules apply: the kubelet's own, or the nearest known one. */
  minor: number;
  /** The kubelet's own minor. */
  actual: number;
  /** The origin of the version. */
  from: string;
}

/** The kubelet's own version, otherwise that of its node or cluster; undefined if none of them is known. */
export function releaseOf(process: KubeletProcess, clusterVersion: string | undefined): Release | undefined {
  const text = process.version ?? clusterVersion;
  if (text === undefined) return undefined;
  const from = process.version === undefined ? "the cluster's version" : (process.versionFrom ?? "kubelet --version");
  const actual = Number(/^(?:Kubernetes )?v?1\.(\d{1,3})(?!\d)/.exec(text)?.[1] ?? Number.NaN);
  if (!Number.isNaN(actual)) return { minor: nearestKnown(actual), actual, from };
  throw new CannotTell({
    code: "UNSUPPORTED_KUBERNETES_VERSION",
    because: `${JSON.stringify(text.slice(0, 60))} (${from}) is not a version of Kubernetes 1.x.`,
    fix: "Pass the Kubernetes version of the node, or upgrade this auditor.",
  });
}

function nearestKnown(minor: number): number {
  return Math.min(Math.max(minor, oldestRelease), newestRelease);
}

/**
 * The last minor whose gates and flags were read from the released kubelet. The gates and flags of 1.37 come from
 * release notes and may lack additions of the last weeks.
 */
const lastVerified = 36;

/**
 * Whether a gate or flag that the tables reject may still exist in this kubelet. It may if the kubelet is newer than
 * the tables and the name is in none of them, or if the kubelet is older than all of them.
 */
export function isUncertain({ actual }: Release, inTables: boolean): boolean {
  return actual < oldestRelease || (actual > lastVerified && !inTables);
}

/** `what` names a gate, flag or field. */
export function notKnown(what: string, { minor, actual }: Release): CannotTell {
  return new CannotTell({
    code: "UNSUPPORTED_KUBERNETES_VERSION",
    because: `The kubelet of Kubernetes 1.${actual} uses the ${short(what)}, which is not one of 1.${minor} in the tables of this auditor.`,
    fix: "Check the spelling of the feature gate, flag or field. If it is right, upgrade this auditor.",
  });
}

/** A remark on the release whose rules were applied; undefined for a known minor. */
export function assumption({ minor, actual }: Release): string | undefined {
  return minor === actual ? undefined : `judged as 1.${minor} (the tables of this auditor do not contain 1.${actual})`;
}

export const supported = `1.${oldestRelease} to 1.${newestRelease}`;

export const everyRelease: readonly number[] = Array.from(
  { length: newestRelease - oldestRelease + 1 },
  (_, index) => oldestRelease + index,
);
