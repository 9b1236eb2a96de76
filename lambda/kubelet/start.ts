import type { Evidence, KubeletProcess } from "../evidence/evidence.ts";
import type { Configuration, Source } from "./configuration.ts";

/** What every step of a start needs. */
export interface Start {
  evidence: Evidence;
  process: KubeletProcess;
  /** The Kubernetes 1.x release. */
  minor: number;
  /** What the flags set, on their own. */
  flagged: Configuration;
  /** Who is responsible for what nobody sets. */
  unsaid: Source;
}
