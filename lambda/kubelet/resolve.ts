import { CannotTell, incomplete, KubeletRefuses } from "../domain/problems.ts";
import type { Evidence, KubeletProcess } from "../evidence/evidence.ts";
import { isWindows } from "../evidence/paths.ts";
import { type Checked, complaintsOf } from "./checks/check.ts";
import { laterChecks } from "./checks/later.ts";
import { runComplaint } from "./checks/run.ts";
import { startUpComplaint } from "./checks/start-up.ts";
import { checkClientCA } from "./client-ca.ts";
import { parseFlagsAgain, readCommandLine } from "./command-line.ts";
import { loadConfigFile, loadDropIn, readDropIn } from "./config-file.ts";
import { type Configuration, type Source, textAt } from "./configuration.ts";
import { declarationsOf } from "./declarations.ts";
import { legacyConfiguration } from "./defaults.ts";
import { copyDropIns, mergeOverInternal, mergeOverVersioned } from "./drop-in-merge.ts";
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
 * Maximum bytes of all configuration files of one node: thirty times the size on a usual node. The limit bounds the
 * time that a hostile node can take: the slowest YAML of this size takes about half a second.
 */
const mostBytes = 262_144;

/**
 * Computes the effective configuration as the kubelet does when it starts, from defaults, --config, drop-ins and flags.
 * Without `process.version` the version of the cluster selects the release.
 */
export function resolve(evidence: Evidence, process: KubeletProcess, clusterVersion?: string): Resolution {
  return attempt(() => {
    refuseTooMuch(evidence);
    const release = releaseOf(process, clusterVersion);
    const node = { evidence, process, documents: new Map() };
    if (release) return { kubelet: start(node, release) };
    return resolveForEvery((minor) => attempt(() => ({ kubelet: start(node, { minor, actual: minor, from: "" }) })));
  });
}

function refuseTooMuch({ files }: Evidence): void {
  const bytes = files.values().reduce((sum, { content }) => sum + (content?.length ?? 0), 0);
  if (bytes <= mostBytes) return;
  const because = `The kubelet's configuration files have ${bytes} bytes; this auditor reads at most ${mostBytes} of a node.`;
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
 * Follows the start of the kubelet:
 * 1. The kubelet parses the whole command line before it reads any file.
 * 2. The base is the --config file with its defaults. Without --config it is the legacy defaults and the flags.
 * 3. Drop-ins are merged over the base.
 * 4. If the kubelet read files, it applies the flags again, over every file.
 * 5. The kubelet checks the result.
 * 6. The kubelet runs with the result, or exits. The result is the effective configuration in both cases.
 * Source: kubernetes cmd/kubelet/app/server.go NewKubeletCommand.
 */
function start(node: Pick<StartContext, "evidence" | "process" | "documents">, release: Release): EffectiveKubelet {
  const { evidence, process } = node;
  const { minor } = release;
  const commandLine = readCommandLine(evidence, process, release);
  const { flags, flagged, flagGates, config, configDir, kubeconfig } = commandLine;
  const unsaid: Source = {
    layer: "default",
    where: `the kubelet's default ${config ? "with" : "without"} a config file`,
  };
  const start: StartContext = { ...node, release, minor, flagged, flagGates, unsaid };

  const file = config ? loadConfigFile(config, start) : undefined;
  const walk = configDir ? walkConfigDir(configDir, start) : { files: [], directories: [] };
  const base = file?.configuration ?? legacyBase(start);
  const dropIns = configDir ? mergeDropIns(base, walk, start) : { configuration: base, documents: [] };
  const { configuration } = dropIns;
  const applied = config || configDir ? commandLine.flagsAgain() : flags;
  if (config || configDir) parseFlagsAgain(applied, configuration);

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

  const declared = declarationsOf([...(file ? [file.document] : []), ...dropIns.documents], applied);
  const hostname = flags.findLast(({ name }) => name === "hostname-override");
  const named = (field: string) => {
    const path = textAt(configuration, field);
    return path && asGiven(path, start);
  };
  const paths = {
    config,
    configDir: configDir && asGiven(configDir, start),
    kubeconfig,
    clientCA,
    servingCertificate: named("tlsCertFile"),
    servingKey: named("tlsPrivateKeyFile"),
  };
  const exits = runComplaint({ ...checked, kubeconfig: evidence.files.get(kubeconfig) });
  return {
    version: `1.${release.actual}`,
    versionFrom: release.from,
    settings: settingsOf(configuration, gates, declared, unsaid, flags),
    ...(!checked.windows && { whole: new WholeConfiguration(checked, declared, unsaid) }),
    remarks: remarksOn(checked),
    ...(exits !== undefined && { exits }),
    ...(hostname && { hostnameOverride: hostname.value }),
    paths: { ...withoutEmpty(paths), dropIns: walk.files, dropInDirectories: walk.directories },
  };
}

function remarksOn(checked: Checked): string[] {
  const assumed = assumption(checked.release);
  const later = complaintsOf(laterChecks, checked);
  return [
    ...(assumed ? [assumed] : []),
    ...later.map((complaint) => `may stop the kubelet after its start: ${complaint}`),
  ];
}

function loadableClientCA(configuration: Configuration, start: StartContext): string {
  const named = textAt(configuration, "authentication.x509.clientCAFile");
  const path = named && asGiven(named, start);
  if (path) checkClientCA(named, start.evidence.files.get(path), isWindows(start.evidence));
  return path;
}

type NamedPaths = Omit<EffectiveKubelet["paths"], "dropIns" | "dropInDirectories">;

function withoutEmpty(paths: Required<NamedPaths>): NamedPaths {
  return Object.fromEntries(Object.entries(paths).filter(([, path]) => path !== ""));
}

function legacyBase({ flagged, release, minor, unsaid }: StartContext): Configuration {
  // The kubelet fills in these defaults before it parses the flags' gates, so only the gates' own defaults apply.
  const base = legacyConfiguration(new FeatureGates(release), minor, unsaid);
  return new Map([...base, ...flagged]);
}

/** Kubernetes 1.28 and 1.29 require an environment variable, with any value, that confirms the use of --config-dir. */
function walkConfigDir(configDir: string, start: StartContext): DropInWalk {
  const { evidence, process, minor } = start;
  if (minor <= 29 && process.dropInEnvironment === false) {
    throw new KubeletRefuses(`--config-dir ${configDir} needs KUBELET_CONFIG_DROPIN_DIR_ALPHA in the environment`);
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
    const configuration = copyDropIns(
      base,
      dropIns.map((dropIn) => dropIn.configuration),
    );
    return { configuration, documents: dropIns.map(({ document }) => document) };
  }
  const documents = files.map((path) => readDropIn(path, start));
  const merge = start.minor <= 31 ? mergeOverInternal : mergeOverVersioned;
  return { configuration: merge(base, documents, start), documents };
}
