import { KubeletRefuses } from "../domain/problems.ts";
import type { Evidence, KubeletProcess } from "../evidence/evidence.ts";
import { isWindows } from "../evidence/paths.ts";
import { type FlagUse, parseArguments, UnknownFlag } from "./argv.ts";
import type { Configuration } from "./configuration.ts";
import { FeatureGates, gatesIn } from "./feature-gates.ts";
import { type ReadFlag, readFlag } from "./flag-values.ts";
import { applyFlags, endsAtOnce, endsBesideFiles, lastText } from "./flags.ts";
import { type KnownFlags, knownFlags, wasEverKnown } from "./known-flags.ts";
import { asGiven, lexical } from "./node-files.ts";
import { checkNodeLabels } from "./node-labels.ts";
import { isUncertain, notKnown, type Release } from "./version.ts";

/** The parsed command line, before any file is read. */
export interface CommandLine {
  flags: readonly ReadFlag[];
  /** The flags of the second parse, which a kubelet with --config or --config-dir makes. */
  flagsAgain(): readonly ReadFlag[];
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
  const [, ...args] = process.argv;
  const known = knownFlags(release.minor, isWindows(evidence));
  const flags = parseKnown(args, known, release).map(readFlag);
  refuseAfterEmpty(flags);
  const flagged: Configuration = new Map();
  applyFlags(flags, flagged);
  if (endsAtOnce(flags)) throw new KubeletRefuses("--help or --version makes the kubelet print and exit");
  const flagGates = new FeatureGates(release).apply(gatesIn(flagged));
  checkNodeLabels(flags);
  const [config, kubeconfig] = [lastText(flags, "config"), lastText(flags, "kubeconfig")];
  return {
    flags,
    flagsAgain: () => readAgain(flags, args, known),
    flagged,
    flagGates,
    config: config && lexical(config, { evidence, process }),
    configDir: lastText(flags, "config-dir"),
    kubeconfig: kubeconfig && asGiven(kubeconfig, { evidence, process }),
  };
}

function parseKnown(args: readonly string[], known: KnownFlags, release: Release): readonly FlagUse[] {
  try {
    return parseArguments(args, known);
  } catch (error) {
    const uncertain = error instanceof UnknownFlag && isUncertain(release, wasEverKnown(error.flag));
    throw uncertain ? notKnown(`flag --${error.flag}`, release) : error;
  }
}

/**
 * An empty value of such a flag changes no field, but it sets the flag's pointer to that field to nil. The kubelet then
 * exits at the next use of --reserved-memory, or of an IP flag with an address. Source: kubernetes pkg/util/flag IPVar.Set,
 * ReservedMemoryVar.Set.
 */
function refuseAfterEmpty(flags: readonly ReadFlag[]): void {
  const emptied = new Set<string>();
  for (const { name, type, value } of flags) {
    if (type !== "ip" && type !== "reserved-memory") continue;
    if (emptied.has(name) && (value !== "" || type !== "ip"))
      throw new KubeletRefuses(`--${name} is used again after an empty value`);
    if (value === "") emptied.add(name);
  }
}

/**
 * The boolean flags of libraries. They have no type in the second parse (see parseFlagsAgain), so they need a value
 * there.
 */
const libraryBooleans = new Set(["enable-load-reader", "log-cadvisor-usage", "storage-driver-secure", "version"]);

/**
 * Returns the flags as the second parse reads them. In it, a flag of `libraryBooleans` that is written without "="
 * takes the next word as its value, even if this word is a flag. Source: kubernetes cmd/kubelet/app/server.go
 * newFakeFlagSet.
 */
function readAgain(flags: readonly ReadFlag[], args: readonly string[], known: KnownFlags): readonly ReadFlag[] {
  if (!flags.some(({ name, written }) => libraryBooleans.has(name) && !written.includes("="))) return flags;
  const again = new Map(known);
  for (const name of libraryBooleans) if (known.has(name)) again.set(name, { type: "string" });
  return parseArguments(args, again, "ignored").map(readFlag);
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
