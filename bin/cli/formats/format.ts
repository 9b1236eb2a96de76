import type { Result } from "../../../lambda/domain/result.ts";
import type { Rule } from "../../../lambda/rules/kit/rule.ts";
import type { AuditedRegion } from "../run/region.ts";
import type { Trouble } from "../run/trouble.ts";
import type { Screen } from "../screen.ts";

/** Input of every format: everything that a command found. */
export interface Found {
  /** Empty for files of evidence. */
  audited: readonly AuditedRegion[];
  results: readonly Result[];
  trouble: readonly Trouble[];
}

/** Options of the formats: screen and node list for the table, alert location for SARIF. */
export interface View {
  screen: Screen;
  /** Adds a line for each node. */
  listsNodes: boolean;
  /** The rules of --rules. */
  ownRules: readonly Rule[];
  /** File of the repository to which SARIF attaches alerts about nodes. */
  location?: string;
}

/** A format of `--output`. */
export interface Format {
  /** True if the command `check` also offers the format. False for formats that need data of a run. */
  forFiles: boolean;
  write(found: Found, view: View): string;
}
