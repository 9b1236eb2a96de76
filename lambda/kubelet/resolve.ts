import { CannotTell, incomplete, KubeletRefuses } from "../domain/problems.ts";
import type { Evidence, KubeletProcess } from "../evidence/evidence.ts";
import { isWindows } from "../evidence/paths.ts";
import { type Checked, complaintsOf } from "./checks/check.ts";
import { laterChecks } from "./checks/later.ts";
import { startUpComplaint } from "./checks/start-up.ts";
import { checkClientCA } from "./client-ca.ts";
import { parseFlagsAgain, readCommandLine } from "./command-line.ts";
import { loadConfigFile, loadDropIn, readDropIn } from "./config-file.ts";
import { type Configuration, type Source, textAt } from "./configuration.ts";
import { declarationsOf } from "./declarations.ts";
import { legacyConfiguration } from "./defaults.ts";
import { copyNonZero, mergeOverInternal, mergeOverVersioned } from "./drop-in-merge.ts";
import { type DropInWalk, walkDropIns } from "./drop-in-walk.ts";
import type { EffectiveKubelet, Resolution } from "./effective.ts";
import { resolveForEvery } from "./every-release.ts";
import { FeatureGates, gatesIn } from "./feature-gates.ts";
import type { ReadDocument } from "./mentions.ts";
import { asGiven } from "./node-files.ts";
import { settingsOf } from "./origin.ts";
import type { StartContext } from "./start-context.ts";
import { assumption, type Release, releaseOf } from "./version.ts";
import { WholeConfiguration } from "./whole.ts";

/**
 * Bytes of all files of one node together that this auditor reads: thirty times what a node has. It is what bounds the time
 * that a hostile node takes: the slowest YAML of this size takes about half a second.
 */
const mostBytes = 262_144;

/**
 * The effective configuration of a kubelet, as it computes it when it starts: defaults, --config, drop-ins, flags.
 * Without `process.version` the version of its cluster decides which kubelet's rules apply.
 */
export function resolve(evidence: Evidence, process: KubeletProcess, clusterVersion?: string): Resolution {
  return attempt(() => {
    refuseTooMuch(evidence);
    const release = releaseOf(process, clusterVersion);
    if (release) return { kubelet: start(evidence, process, release) };
    return resolveForEvery((minor) =>
      attempt(() => ({ kubelet: start(evidence, process, { minor, actual: minor, from: "" }) })),
    );
  });
}

function refuseTooMuch({ files }: Evidence): void {
  const bytes = files.values().reduce((sum, { content }) => sum + (content?.length ?? 0), 0);
  if (bytes <= mostBytes) return;
  const because = `The kubelet's configuration files have ${bytes} bytes; this auditor reads ${mostBytes} of a node.`;
  throw incomplete(because, "Make them smaller.");
}

function attempt(step: () => Resolution): Resolution {
  try {
    return step();
  } catch (error) {
    if (error instanceof KubeletRefuses) return { refuses: error.message };
    if (error instanceof CannotTell) return { unreadable: error.unreadable };
    throw error;
  }
}

/**
 * The start of the kubelet, step by step: the whole command line is parsed before anything is read; a --config file and
 * its defaults replace everything, without one the old defaults and the flags are the base; drop-ins are merged over
 * that; the flags are applied once more and beat every file; what came out is checked.
 * Source: kubernetes cmd/kubelet/app/server.go NewKubeletCommand.
 */
function start(evidence: Evidence, process: KubeletProcess, release: Release): EffectiveKubelet {
  const { minor } = release;
  const { flags, flagged, flagGates, config, configDir, kubeconfig } = readCommandLine(evidence, process, release);
  const unsaid: Source = {
    layer: "default",
    where: `the kubelet's default ${config ? "with" : "without"} a config file`,
  };
  const start: StartContext = { evidence, process, release, minor, flagged, flagGates, unsaid };

  const file = config ? loadConfigFile(config, start) : undefined;
  const walk = configDir ? walkConfigDir(configDir, start) : { files: [], directories: [] };
  const dropIns = mergeDropIns(file?.configuration ?? legacyBase(start), walk, start);
  const { configuration } = dropIns;
  if (config || configDir) parseFlagsAgain(flags, configuration);

  const gates = flagGates.apply(gatesIn(configuration));
  const checked = {
    configuration,
    release,
    flags,
    windows: isWindows(evidence),
    gateOn: (name: string) => gates.isOn(name),
  };
  const complaint = startUpComplaint(checked);
  if (complaint !== undefined) throw new KubeletRefuses(complaint);
  const clientCA = loadableClientCA(configuration, start);

  const declared = declarationsOf([...(file ? [file.document] : []), ...dropIns.documents], flags);
  const paths = { config, configDir: configDir && asGiven(configDir, start), kubeconfig, clientCA };
  return {
    version: `1.${release.actual}`,
    versionFrom: release.from,
    settings: settingsOf(configuration, gates, declared, unsaid),
    ...(!checked.windows && { whole: new WholeConfiguration(checked, declared, unsaid) }),
    remarks: remarksOn(checked),
    paths: { ...withoutEmpty(paths), dropIns: walk.files, dropInDirectories: walk.directories },
  };
}

function remarksOn(checked: Checked): string[] {
  const assumed = assumption(checked.release);
  const later = [...complaintsOf(laterChecks, checked)];
  return [
    ...(assumed ? [assumed] : []),
    ...later.map((complaint) => `may stop the kubelet after its start: ${complaint}`),
  ];
}

function loadableClientCA(configuration: Configuration, start: StartContext): string {
  const named = textAt(configuration, "authentication.x509.clientCAFile");
  const path = named && asGiven(named, start);
  if (path) checkClientCA(named, start.evidence.files.get(path));
  return path;
}

type NamedPaths = Omit<EffectiveKubelet["paths"], "dropIns" | "dropInDirectories">;

function withoutEmpty({ config, configDir, kubeconfig, clientCA }: Required<NamedPaths>): NamedPaths {
  return {
    ...(config && { config }),
    ...(configDir && { configDir }),
    ...(kubeconfig && { kubeconfig }),
    ...(clientCA && { clientCA }),
  };
}

function legacyBase({ flagged, release, minor, unsaid }: StartContext): Configuration {
  // The defaults are filled in before the flags' gates are known, so only the gates' own defaults count here.
  const base = legacyConfiguration(new FeatureGates(release), minor, unsaid);
  return new Map([...base, ...flagged]);
}

/** Kubernetes 1.28 and 1.29 want the feature confirmed; which value the variable has does not matter. */
function walkConfigDir(configDir: string, start: StartContext): DropInWalk {
  const { evidence, process, minor } = start;
  if (minor <= 29 && process.dropInEnvironment === false) {
    throw new KubeletRefuses(`--config-dir ${configDir} without KUBELET_CONFIG_DROPIN_DIR_ALPHA in the environment`);
  }
  return walkDropIns(evidence, configDir, asGiven(configDir, start));
}

interface Merged {
  configuration: Configuration;
  documents: readonly ReadDocument[];
}

function mergeDropIns(base: Configuration, { files }: DropInWalk, start: StartContext): Merged {
  // Bottlerocket's kubelet 1.28 has the merge of 1.29 (bottlerocket-core-kit pull request 613).
  if (start.minor <= 28 && start.evidence.os.id !== "bottlerocket") {
    const dropIns = files.map((path) => loadDropIn(path, start));
    const configuration = dropIns.reduce((merged, dropIn) => copyNonZero(merged, dropIn.configuration), base);
    return { configuration, documents: dropIns.map(({ document }) => document) };
  }
  const documents = files.map((path) => readDropIn(path, start));
  const merge = start.minor <= 31 ? mergeOverInternal : mergeOverVersioned;
  return { configuration: merge(base, documents, start), documents };
}
