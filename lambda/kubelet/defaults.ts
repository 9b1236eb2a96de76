import { type Configuration, isZero, type Source, type Value } from "./configuration.ts";
import { type GateStates, gateOn } from "./feature-gates.ts";
import { leaves } from "./fields.ts";

/**
 * What the kubelet takes for a field that nobody sets, as far as a rule or a start-up check looks at it.
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
  ["streamingConnectionIdleTimeout", 14_400_000_000_000n], // 4 hours
  ["nodeLeaseDurationSeconds", 40],
  ["imageGCHighThresholdPercent", 85],
  ["imageGCLowThresholdPercent", 80],
  ["cgroupsPerQOS", true],
  ["topologyManagerPolicy", "none"],
  ["topologyManagerScope", "container"],
  ["hairpinMode", "promiscuous-bridge"],
  ["maxPods", 110],
  ["nodeStatusMaxImages", 50],
  ["maxOpenFiles", 1_000_000],
  ["kubeAPIQPS", 50],
  ["kubeAPIBurst", 100],
  ["makeIPTablesUtilChains", true],
  ["iptablesMasqueradeBit", 14],
  ["iptablesDropBit", 15],
  ["containerLogMaxFiles", 5],
  ["enforceNodeAllocatable", ["pods"]],
  ["containerRuntimeEndpoint", "unix:///run/containerd/containerd.sock"],
  ["logging.format", "text"],
];

/** Defaults that depend on a feature gate. */
export const gatedDefaults = [
  { path: "crashLoopBackOff.maxContainerRestartPeriod", value: 300_000_000_000n, gate: "KubeletCrashLoopBackOffMax" },
  {
    path: "imagePullCredentialsVerificationPolicy",
    value: "NeverVerifyPreloadedImages",
    gate: "KubeletEnsureSecretPulledImages",
  },
] as const;

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

/** Fills what is unset. For a field that is no pointer, zero is unset too: "0s" and an empty mode become the default. */
export function setDefaults(configuration: Configuration, gates: GateStates, release: number, from: Source): void {
  const gated = gatedDefaults.filter(({ gate }) => gateOn(gate, gates, release));
  const all = [...versionedDefaults, ...gated.map(({ path, value }) => [path, value] as const)];
  for (const [path, value] of all) {
    const entry = configuration.get(path);
    const field = leaves.get(path);
    const zeroCounts = field?.pointer || (field?.shape === "list" && entry !== undefined);
    if (entry === undefined || (!zeroCounts && isZero(entry.value))) configuration.set(path, { value, from });
  }
}

/** The configuration of a kubelet that was given no file and no flag. */
export function legacyConfiguration(gates: GateStates, release: number, from: Source): Configuration {
  const configuration: Configuration = new Map();
  setDefaults(configuration, gates, release, from);
  for (const [path, value] of legacyDefaults) configuration.set(path, { value, from });
  return configuration;
}
