import { CannotTell } from "../domain/problems.ts";
import type { KubeletProcess } from "../evidence/evidence.ts";
import { newestRelease, oldestRelease } from "./known-options.ts";

/** A Kubernetes 1.x release by its minor number, and who told it. */
export interface Release {
  minor: number;
  from: string;
}

/** The kubelet's own version, else the one that its node or its cluster gives; undefined: nobody told. */
export function releaseOf(process: KubeletProcess, clusterVersion: string | undefined): Release | undefined {
  const told = process.version ?? clusterVersion;
  if (told === undefined) return undefined;
  const from = process.version === undefined ? "the cluster's version" : (process.versionFrom ?? "kubelet --version");
  const minor = Number(/^(?:Kubernetes )?v?1\.(\d+)/.exec(told)?.[1] ?? Number.NaN);
  if (minor >= oldestRelease && minor <= newestRelease) return { minor, from };
  throw new CannotTell({
    code: "UNSUPPORTED_KUBERNETES_VERSION",
    because: `Kubernetes ${JSON.stringify(told.slice(0, 60))} (${from}) is outside ${supported}, which this auditor can follow.`,
    fix: "Upgrade the node, or upgrade this auditor if the node is newer than it.",
  });
}

export const supported = `1.${oldestRelease} to 1.${newestRelease}`;

export const everyRelease: readonly number[] = Array.from(
  { length: newestRelease - oldestRelease + 1 },
  (_, index) => oldestRelease + index,
);
