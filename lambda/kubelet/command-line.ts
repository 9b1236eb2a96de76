import { KubeletRefuses } from "../domain/problems.ts";
import type { Evidence, KubeletProcess } from "../evidence/evidence.ts";
import { isWindows } from "../evidence/paths.ts";
import { type FlagUse, parseArguments, UnknownFlag } from "./argv.ts";
import type { Configuration } from "./configuration.ts";
import { FeatureGates, gatesIn } from "./feature-gates.ts";
import { type ReadFlag, readFlag } from "./flag-values.ts";
import { applyFlags, endsAtOnce, endsBesideFiles, lastText } from "./flags.ts";
import { knownFlags, wasEverKnown } from "./known-flags.ts";
import { asGiven, lexical } from "./node-files.ts";
import { checkNodeLabels } from "./node-labels.ts";
import { isUncertain, notKnown, type Release } from "./version.ts";

/** The parsed command line, before any file is read. */
export interface CommandLine {
  flags: readonly ReadFlag[];
  /** The fields that the flags set. */
  flagged: Configuration;
  flagGates: FeatureGates;
  /** The absolute path of --config; "" without the flag. */
  config: string;
  /** The unchanged value of --config-dir, because a slash at its end matters. */
  configDir: string;
  /** The absolute path of --kubeconfig; "" without the flag. */
  kubeconfig: string;
}

export function readCommandLine(evidence: Evidence, process: KubeletProcess, release: Release): CommandLine {
  const flags = parseKnown(process.argv.slice(1), release, isWindows(evidence)).map(readFlag);
  const flagged: Configuration = new Map();
  applyFlags(flags, flagged);
  if (endsAtOnce(flags)) throw new KubeletRefuses("--help or --version makes the kubelet print and exit");
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
 * A kubelet with --config or --config-dir parses the whole command line again, so that flags override files. This
 * second parse does not accept --help. When it declares its flags, it resets splitStream of the log formats to false.
 */
export function parseFlagsAgain(flags: readonly ReadFlag[], configuration: Configuration): void {
  if (endsBesideFiles(flags))
    throw new KubeletRefuses("--help together with --config or --config-dir makes the kubelet print and exit");
  for (const format of ["json", "text"]) configuration.delete(`logging.options.${format}.splitStream`);
  applyFlags(flags, configuration);
}
