import { KubeletRefuses } from "../domain/problems.ts";
import { type Configuration, flagAt, listAt, numberAt, textAt } from "./configuration.ts";
import { gatedDefaults } from "./defaults.ts";
import { type GateStates, gateOn } from "./feature-gates.ts";

/**
 * What the kubelet checks before it serves, as far as it is modelled: a running kubelet has passed all of it.
 * Sources: kubernetes pkg/kubelet/apis/config/validation ValidateKubeletConfiguration, cmd/kubelet/app/server.go
 * InitializeTLS, cmd/kubelet/app/auth.go BuildAuthz.
 */
export function checkStartUp(configuration: Configuration, gates: GateStates, release: number, windows: boolean): void {
  for (const complaint of [
    ...outOfRange(configuration),
    ...notAmong(configuration),
    ...inconsistent(configuration),
    ...gated(configuration, gates, release),
    // Cgroups are Linux; on Windows their defaults differ, and only "off" is allowed.
    ...(windows ? [] : nodeAllocatable(configuration)),
  ]) {
    throw new KubeletRefuses(complaint);
  }
}

const ranges: readonly (readonly [path: string, least: number, most: number])[] = [
  ["readOnlyPort", 0, 65_535],
  ["port", 1, 65_535],
  ["healthzPort", 0, 65_535],
  ["eventRecordQPS", 0, Number.POSITIVE_INFINITY],
  ["eventBurst", 0, Number.POSITIVE_INFINITY],
  ["kubeAPIQPS", 0, Number.POSITIVE_INFINITY],
  ["kubeAPIBurst", 0, Number.POSITIVE_INFINITY],
  ["registryPullQPS", 0, Number.POSITIVE_INFINITY],
  ["registryBurst", 0, Number.POSITIVE_INFINITY],
  ["maxPods", 0, Number.POSITIVE_INFINITY],
  ["maxOpenFiles", 0, Number.POSITIVE_INFINITY],
  ["podsPerCore", 0, Number.POSITIVE_INFINITY],
  ["nodeLeaseDurationSeconds", 1, Number.POSITIVE_INFINITY],
  ["nodeStatusMaxImages", -1, Number.POSITIVE_INFINITY],
  ["oomScoreAdj", -1_000, 1_000],
  ["imageGCHighThresholdPercent", 0, 100],
  ["imageGCLowThresholdPercent", 0, 100],
  ["iptablesMasqueradeBit", 0, 31],
  ["iptablesDropBit", 0, 31],
];

function* outOfRange(configuration: Configuration): Generator<string> {
  for (const [path, least, most] of ranges) {
    const value = numberAt(configuration, path);
    if (value < least || value > most) yield `invalid configuration: ${path} ${value} is out of range`;
  }
}

/** Every name that crypto/tls has for a cipher suite, insecure ones too, and two old aliases of Kubernetes. */
const cipherSuites = [
  ...["AES_128_GCM_SHA256", "AES_256_GCM_SHA384", "CHACHA20_POLY1305_SHA256"].map((suite) => `TLS_${suite}`),
  ...["RC4_128_SHA", "3DES_EDE_CBC_SHA", "AES_128_CBC_SHA", "AES_256_CBC_SHA"].map((suite) => `TLS_RSA_WITH_${suite}`),
  ...["AES_128_CBC_SHA256", "AES_128_GCM_SHA256", "AES_256_GCM_SHA384"].map((suite) => `TLS_RSA_WITH_${suite}`),
  "TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA",
  ...["RSA", "ECDSA"].flatMap((key) =>
    [
      ...["RC4_128_SHA", "AES_128_CBC_SHA", "AES_256_CBC_SHA", "AES_128_CBC_SHA256", "AES_128_GCM_SHA256"],
      ...["AES_256_GCM_SHA384", "CHACHA20_POLY1305_SHA256", "CHACHA20_POLY1305"],
    ].map((suite) => `TLS_ECDHE_${key}_WITH_${suite}`),
  ),
];

/** Values among which a text must be. Names are exact: "webhook" is no mode. */
const choices: readonly (readonly [path: string, allowed: readonly string[]])[] = [
  ["authorization.mode", ["AlwaysAllow", "Webhook"]],
  ["tlsMinVersion", ["", "VersionTLS10", "VersionTLS11", "VersionTLS12", "VersionTLS13"]],
  ["hairpinMode", ["none", "hairpin-veth", "promiscuous-bridge"]],
  ["topologyManagerPolicy", ["none", "best-effort", "restricted", "single-numa-node"]],
  ["topologyManagerScope", ["container", "pod"]],
  ["logging.format", ["text", "json"]],
];

function* notAmong(configuration: Configuration): Generator<string> {
  for (const [path, allowed] of choices) {
    const value = textAt(configuration, path);
    if (!allowed.includes(value)) yield `unknown ${path} ${JSON.stringify(value)}`;
  }
  for (const suite of listAt(configuration, "tlsCipherSuites")) {
    if (!cipherSuites.includes(suite)) yield `cipher suite ${JSON.stringify(suite)} does not exist`;
  }
}

function* inconsistent(configuration: Configuration): Generator<string> {
  if (numberAt(configuration, "imageGCLowThresholdPercent") >= numberAt(configuration, "imageGCHighThresholdPercent")) {
    yield "invalid configuration: imageGCLowThresholdPercent must be less than imageGCHighThresholdPercent";
  }
  if (textAt(configuration, "systemCgroups") !== "" && textAt(configuration, "cgroupRoot") === "") {
    yield "invalid configuration: systemCgroups without cgroupRoot";
  }
  if (textAt(configuration, "containerRuntimeEndpoint") === "") {
    yield "invalid configuration: containerRuntimeEndpoint is empty";
  }
  const pulls = configuration.get("maxParallelImagePulls")?.value;
  if (typeof pulls === "number" && pulls < 1) yield "invalid configuration: maxParallelImagePulls must be positive";
}

/** A field whose gate is off must not be set, not even by a default that was filled in while the gate was on. */
function* gated(configuration: Configuration, gates: GateStates, release: number): Generator<string> {
  if (flagAt(configuration, "serverTLSBootstrap") && !gateOn("RotateKubeletServerCertificate", gates, release)) {
    yield "invalid configuration: serverTLSBootstrap requires feature gate RotateKubeletServerCertificate";
  }
  for (const { path, gate } of gatedDefaults) {
    const value = configuration.get(path)?.value;
    if (value !== undefined && value !== "" && !gateOn(gate, gates, release)) {
      yield `invalid configuration: ${path} must not be set while feature gate ${gate} is off`;
    }
  }
}

function* nodeAllocatable(configuration: Configuration): Generator<string> {
  const enforced = listAt(configuration, "enforceNodeAllocatable").filter((what) => what !== "none" && what !== "");
  const reservable = /^(pods|(system|kube)-reserved(-compressible)?)$/;
  for (const what of enforced) {
    if (!reservable.test(what))
      yield `invalid configuration: enforceNodeAllocatable has no option ${JSON.stringify(what)}`;
    const owner = /^(system|kube)-/.exec(what)?.[1];
    if (owner && textAt(configuration, `${owner}ReservedCgroup`) === "") {
      yield `invalid configuration: enforceNodeAllocatable ${what} needs ${owner}ReservedCgroup`;
    }
  }
  if (enforced.length > 0 && !flagAt(configuration, "cgroupsPerQOS")) {
    yield "invalid configuration: enforceNodeAllocatable needs cgroupsPerQOS";
  }
}
