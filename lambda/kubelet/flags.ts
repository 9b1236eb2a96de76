import { parseBool } from "../go/values.ts";
import type { FlagUse } from "./argv.ts";
import { type Configuration, isTexts } from "./configuration.ts";
import { readFlag, switchesIn } from "./flag-values.ts";

/**
 * The flags that set a field of the configuration some rule or check looks at.
 * Source: kubernetes cmd/kubelet/app/options/options.go AddKubeletConfigFlags.
 */
export const fieldOfFlag: ReadonlyMap<string, string> = new Map([
  ["client-ca-file", "authentication.x509.clientCAFile"],
  ["anonymous-auth", "authentication.anonymous.enabled"],
  ["authentication-token-webhook", "authentication.webhook.enabled"],
  ["authorization-mode", "authorization.mode"],
  ["read-only-port", "readOnlyPort"],
  ["streaming-connection-idle-timeout", "streamingConnectionIdleTimeout"],
  ["make-iptables-util-chains", "makeIPTablesUtilChains"],
  ["event-qps", "eventRecordQPS"],
  ["rotate-certificates", "rotateCertificates"],
  ["rotate-server-certificates", "serverTLSBootstrap"],
  ["feature-gates", "featureGates"],
  ["tls-cert-file", "tlsCertFile"],
  ["tls-private-key-file", "tlsPrivateKeyFile"],
  ["tls-cipher-suites", "tlsCipherSuites"],
  ["tls-min-version", "tlsMinVersion"],
  ["protect-kernel-defaults", "protectKernelDefaults"],
  ["pod-manifest-path", "staticPodPath"],
  ["enable-server", "enableServer"],
  ["port", "port"],
  ["healthz-port", "healthzPort"],
  ["event-burst", "eventBurst"],
  ["registry-qps", "registryPullQPS"],
  ["registry-burst", "registryBurst"],
  ["oom-score-adj", "oomScoreAdj"],
  ["image-gc-high-threshold", "imageGCHighThresholdPercent"],
  ["image-gc-low-threshold", "imageGCLowThresholdPercent"],
  ["system-cgroups", "systemCgroups"],
  ["cgroup-root", "cgroupRoot"],
  ["cgroups-per-qos", "cgroupsPerQOS"],
  ["topology-manager-policy", "topologyManagerPolicy"],
  ["topology-manager-scope", "topologyManagerScope"],
  ["hairpin-mode", "hairpinMode"],
  ["max-pods", "maxPods"],
  ["max-open-files", "maxOpenFiles"],
  ["pods-per-core", "podsPerCore"],
  ["node-status-max-images", "nodeStatusMaxImages"],
  ["kube-api-qps", "kubeAPIQPS"],
  ["kube-api-burst", "kubeAPIBurst"],
  ["iptables-masquerade-bit", "iptablesMasqueradeBit"],
  ["iptables-drop-bit", "iptablesDropBit"],
  ["container-log-max-files", "containerLogMaxFiles"],
  ["enforce-node-allocatable", "enforceNodeAllocatable"],
  ["system-reserved-cgroup", "systemReservedCgroup"],
  ["kube-reserved-cgroup", "kubeReservedCgroup"],
  ["container-runtime-endpoint", "containerRuntimeEndpoint"],
  ["logging-format", "logging.format"],
]);

/**
 * Writes the command line over a configuration. A repeated flag replaces what it set before, except that lists
 * accumulate from the first use on, and feature gates are switched one by one and leave those of the files alone.
 * Source: kubernetes cmd/kubelet/app/server.go kubeletConfigFlagPrecedence.
 */
export function applyFlags(uses: readonly FlagUse[], over: Configuration): void {
  const lists = new Map<string, { value: string[]; written: string }>();
  for (const use of uses) {
    const value = readFlag(use);
    const path = fieldOfFlag.get(use.name);
    if (path === undefined) continue;
    if (use.name === "feature-gates") switchGates(use, over);
    else if (isTexts(value)) {
      const list = lists.get(path) ?? { value: [], written: "" };
      lists.set(path, list);
      for (const member of value) list.value.push(member);
      list.written += list.written === "" ? use.written : ` ${use.written}`;
      over.set(path, { value: list.value, from: { layer: "flag", where: list.written } });
    } else over.set(path, { value, from: { layer: "flag", where: use.written } });
  }
}

function switchGates(use: FlagUse, over: Configuration): void {
  for (const [gate, value] of switchesIn(use)) {
    over.set(`featureGates.${gate}`, { value, from: { layer: "flag", where: use.written } });
  }
}

/** The value of a flag that is no part of the configuration: the last use counts. */
export function lastText(uses: readonly FlagUse[], name: string): string {
  return uses.findLast((use) => use.name === name)?.value ?? "";
}

/** --help, -h and --version print something and end the program. */
export function endsAtOnce(uses: readonly FlagUse[]): boolean {
  const version = lastText(uses, "version");
  return parseBool(lastText(uses, "help")) === true || version === "raw" || parseBool(version) === true;
}
