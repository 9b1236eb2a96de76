import type { Evidence, KubeletProcess } from "../evidence/evidence.ts";
import type { Configuration, Source } from "./configuration.ts";
import type { FeatureGates } from "./feature-gates.ts";
import type { Release } from "./version.ts";

/** What every step of a start needs. */
export interface StartContext {
  evidence: Evidence;
  process: KubeletProcess;
  release: Release;
  /** The Kubernetes 1.x release whose rules apply, as a minor number. */
  minor: number;
  /** What the flags set, on their own. */
  flagged: Configuration;
  /** The gates as the flags set them. */
  flagGates: FeatureGates;
  /** Source recorded for values that nothing sets. */
  unsaid: Source;
}
