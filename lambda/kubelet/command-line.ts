import { KubeletRefuses } from "../domain/problems.ts";
import type { Evidence, KubeletProcess } from "../evidence/evidence.ts";
import { isWindows } from "../evidence/paths.ts";
import { type FlagUse, parseArguments, UnknownFlag } from "./argv.ts";
import type { Configuration } from "./configuration.ts";
import { FeatureGates, gatesIn } from "./feature-gates.ts";
import { applyFlags, endsAtOnce, endsBesideFiles, lastText } from "./flags.ts";
import { knownFlags, wasEverKnown } from "./known-flags.ts";
import { asGiven, lexical } from "./node-files.ts";
import { checkNodeLabels } from "./node-labels.ts";
import { isUncertain, notKnown, type Release } from "./version.ts";

/** What a command line says before any file is read. */
export interface CommandLine {
  flags: readonly FlagUse[];
  /** What the flags set, on their own. */
  flagged: Configuration;
  flagGates: FeatureGates;
  /** Absolute; "" where it is not given. */
  config: string;
  /** As given: whether it ends in a slash matters. */
  configDir: string;
  /** Absolute; "" where it is not given. */
  kubeconfig: string;
}

export function readCommandLine(evidence: Evidence, process: KubeletProcess, release: Release): CommandLine {
  const flags = parseKnown(process.argv.slice(1), release, isWindows(evidence));
  const flagged: Configuration = new Map();
  applyFlags(flags, flagged);
  if (endsAtOnce(flags)) throw new KubeletRefuses("--help or --version prints and ends");
  const flagGates = new FeatureGates(release).apply(gatesIn(flagged));
  checkNodeLabels(flags);
  const [config, kubeconfig] = [lastText(flags, "config"), lastText(flags, "kubeconfig")];
  return {
    flags,
    flagged,
    flagGates,
    config: config && lexical(config, { evidence, process }),
    configDir: lastText(flags, "config-dir"),
    kubeconfig: kubeconfig && asGiven(kubeconfig, { evidence, process }),
  };
}

function parseKnown(args: readonly string[], release: Release, windows: boolean): readonly FlagUse[] {
  try {
    return parseArguments(args, knownFlags(release.minor, windows));
  } catch (error) {
    const uncertain = error instanceof UnknownFlag && isUncertain(release, wasEverKnown(error.flag));
    throw uncertain ? notKnown(`flag --${error.flag}`, release) : error;
  }
}

/**
 * With files, the whole command line is parsed once more over them. This parse does not know --help, and declaring its
 * flags sets splitStream of the log formats to false.
 */
export function parseFlagsAgain(flags: readonly FlagUse[], configuration: Configuration): void {
  if (endsBesideFiles(flags)) throw new KubeletRefuses("--help beside --config or --config-dir prints and ends");
  for (const format of ["json", "text"]) configuration.delete(`logging.options.${format}.splitStream`);
  applyFlags(flags, configuration);
}
