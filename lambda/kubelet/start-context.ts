import type { Evidence, KubeletProcess } from "../evidence/evidence.ts";
import type { Configuration, Source } from "./configuration.ts";
import type { FeatureGates } from "./feature-gates.ts";
import type { KubeletDocument } from "./kubelet-document.ts";
import type { Release } from "./version.ts";

/** Input of every step of a kubelet's start. */
export interface StartContext {
  evidence: Evidence;
  /** The parsed files by layer and path. All releases for which a node is resolved share them. */
  documents: Map<string, () => KubeletDocument>;
  process: KubeletProcess;
  release: Release;
  /** The Kubernetes 1.x release whose rules apply, as a minor number. */
  minor: number;
  /** The fields that the flags set. */
  flagged: Configuration;
  /** The gates of the flags, without those of the files. */
  flagGates: FeatureGates;
  /** Source recorded for values that nothing sets. */
  unsaid: Source;
}
