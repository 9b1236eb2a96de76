import type { Result } from "../../../lambda/domain/result.ts";
import type { AuditedRegion } from "../run/region.ts";
import type { Trouble } from "../run/trouble.ts";

/** What `audit run` found. */
export interface Found {
  audited: readonly AuditedRegion[];
  results: readonly Result[];
  trouble: readonly Trouble[];
}
