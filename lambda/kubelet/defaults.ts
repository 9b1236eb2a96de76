import { parseDuration } from "../go/literals.ts";
import { type Configuration, isZero, numberAt, type Source, type Value } from "./configuration.ts";
import type { FeatureGates } from "./feature-gates.ts";
import { leaves } from "./fields.ts";

/**
 * What the kubelet takes for a field that nothing sets, as far as a rule or a start-up check looks at it.
 * Source: kubernetes pkg/kubelet/apis/config/v1beta1/defaults.go SetDefaults_KubeletConfiguration.
 */
const versionedDefaults: readonly (readonly [path: string, value: Value])[] = [
  ["enableServer", true],
  ["port", 10_250],
  ["authentication.anonymous.enabled", false],
  ["authentication.webhook.enabled", true],
  ["authorization.mode", "Webhook"],
  ["registryPullQPS", 5],
  ["registryBurst", 10],
  ["eventRecordQPS", 50],
  ["eventBurst", 100],
  ["healthzPort", 10_248],
  ["oomScoreAdj", -999],
  ["streamingConnectionIdleTimeout", duration("4h")],
  ["nodeLeaseDurationSeconds", 40],
  ["imageMinimumGCAge", duration("2m")],
  ["imageGCHighThresholdPercent", 85],
  ["imageGCLowThresholdPercent", 80],
  ["cgroupsPerQOS", true],
  ["cpuManagerPolicy", "none"],
  ["memoryManagerPolicy", "None"],
  ["topologyManagerPolicy", "none"],
  ["topologyManagerScope", "container"],
  ["hairpinMode", "promiscuous-bridge"],
  ["maxPods", 110],
  ["cpuCFSQuotaPeriod", duration("100ms")],
  ["nodeStatusMaxImages", 50],
  ["maxOpenFiles", 1_000_000],
  ["kubeAPIQPS", 50],
  ["kubeAPIBurst", 100],
  ["makeIPTablesUtilChains", true],
  ["iptablesMasqueradeBit", 14],
  ["iptablesDropBit", 15],
  ["containerLogMaxFiles", 5],
  ["containerLogMaxSize", "10Mi"],
  ["containerLogMaxWorkers", 1],
  ["containerLogMonitorInterval", duration("10s")],
  ["configMapAndSecretChangeDetectionStrategy", "Watch"],
  ["enforceNodeAllocatable", ["pods"]],
  ["podLogsDir", "/var/log/pods"],
  ["containerRuntimeEndpoint", "unix:///run/containerd/containerd.sock"],
  ["memoryReservationPolicy", "None"],
  ["enableSystemLogHandler", true],
  ["logging.format", "text"],
  ["logging.flushFrequency", duration("5s")],
];

/** Defaults of some releases only. */
const defaultsByRelease: readonly { path: string; value: Value; since: number; until: number }[] = [
  { path: "failCgroupV1", value: false, since: 31, until: 34 },
  { path: "failCgroupV1", value: true, since: 35, until: Number.POSITIVE_INFINITY },
  { path: "memoryThrottlingFactor", value: 0.9, since: 0, until: 36 },
];

/** Defaults that depend on a feature gate. */
const gatedDefaults: readonly { path: string; value: Value; gate: string }[] = [
  { path: "crashLoopBackOff.maxContainerRestartPeriod", value: duration("5m"), gate: "KubeletCrashLoopBackOffMax" },
  {
    path: "imagePullCredentialsVerificationPolicy",
    value: "NeverVerifyPreloadedImages",
    gate: "KubeletEnsureSecretPulledImages",
  },
];

/**
 * Without --config the kubelet starts from what it was before it had a configuration file.
 * Source: kubernetes cmd/kubelet/app/options/options.go applyLegacyDefaults.
 */
const legacyDefaults: readonly (readonly [path: string, value: Value])[] = [
  ["authentication.anonymous.enabled", true],
  ["authentication.webhook.enabled", false],
  ["authorization.mode", "AlwaysAllow"],
  ["readOnlyPort", 10_255],
];

function duration(text: string): bigint {
  return parseDuration(text) ?? 0n;
}

/** Fills what is unset. For a field that is not a pointer, zero is unset too: "0s" and an empty mode become the default. */
export function setDefaults(configuration: Configuration, gates: FeatureGates, release: number, from: Source): void {
  const byRelease = defaultsByRelease.filter(({ since, until }) => since <= release && release <= until);
  const gated = gatedDefaults.filter(({ gate }) => gates.isOn(gate));
  const all = [...versionedDefaults, ...[...byRelease, ...gated].map(({ path, value }) => [path, value] as const)];
  for (const [path, value] of [...all, serialPulls(configuration)]) {
    const entry = configuration.get(path);
    const field = leaves.get(path);
    if (field === undefined || field.since > release) continue;
    const zeroCounts = field.pointer || (field.shape === "list" && entry !== undefined);
    if (entry === undefined || (!zeroCounts && isZero(entry.value))) configuration.set(path, { value, from });
  }
}

function serialPulls(configuration: Configuration): readonly [path: string, value: Value] {
  return ["serializeImagePulls", numberAt(configuration, "maxParallelImagePulls") < 2];
}

/** The configuration of a kubelet without a file and flags. */
export function legacyConfiguration(gates: FeatureGates, release: number, from: Source): Configuration {
  const configuration: Configuration = new Map();
  setDefaults(configuration, gates, release, from);
  for (const [path, value] of legacyDefaults) configuration.set(path, { value, from });
  return configuration;
}
