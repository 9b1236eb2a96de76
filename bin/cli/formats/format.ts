import type { Result } from "../../../lambda/domain/result.ts";
import type { AuditedRegion } from "../run/region.ts";
import type { Trouble } from "../run/trouble.ts";
import type { Screen } from "../screen.ts";

/** What a command has to show. */
export interface Found {
  /** Empty for files of evidence. */
  audited: readonly AuditedRegion[];
  results: readonly Result[];
  trouble: readonly Trouble[];
}

/** How the format for people is shown. */
export interface View {
  screen: Screen;
  /** Adds a line for each node. */
  listsNodes: boolean;
  /** File of the repository at which code scanning shows alerts about nodes. */
  location?: string;
}

/** A format of `--output`. */
export interface Format {
  /** `audit check` offers the format, too: the format does not need what only a run knows. */
  forFiles: boolean;
  write(found: Found, view: View): string;
}
