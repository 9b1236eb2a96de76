import type { Setting } from "../domain/setting.ts";
import { formatDuration, parseBool } from "../go/literals.ts";
import type { FlagUse } from "./argv.ts";
import { type Configuration, durationAt, listAt, numberAt, type Source, textAt } from "./configuration.ts";
import type { Declared } from "./declarations.ts";
import { explain } from "./explain.ts";
import type { FeatureGates } from "./feature-gates.ts";

/** The fields that rules read, and how to read their values. */
const fields = {
  "authentication.x509.clientCAFile": textAt,
  "authentication.anonymous.enabled": boolAt,
  "authentication.webhook.enabled": boolAt,
  "authorization.mode": textAt,
  readOnlyPort: numberAt,
  /** Go duration text, for example "4h0m0s". */
  streamingConnectionIdleTimeout: (configuration: Configuration, path: string) =>
    formatDuration(durationAt(configuration, path)),
  makeIPTablesUtilChains: boolAt,
  eventRecordQPS: numberAt,
  rotateCertificates: boolAt,
  serverTLSBootstrap: boolAt,
  tlsCertFile: textAt,
  tlsPrivateKeyFile: textAt,
  tlsCipherSuites: listAt,
  tlsMinVersion: textAt,
  protectKernelDefaults: boolAt,
  staticPodPath: textAt,
  /** The collector replaces a URL, which can contain credentials. */
  staticPodURL: textAt,
  podPidsLimit: numberAt,
  seccompDefault: boolAt,
  enableSystemLogQuery: boolAt,
  enableServer: boolAt,
};

function boolAt(configuration: Configuration, path: string): boolean {
  return configuration.get(path)?.value === true;
}

const gate = "featureEnabled.RotateKubeletServerCertificate";

/** The settings that rules read, keyed by their path in the configuration file, with the types of effective values. */
export type Settings = { readonly [K in keyof typeof fields]: ReturnType<(typeof fields)[K]> } & {
  /** The gate's effective value: by its name, AllAlpha, AllBeta or its default. */
  readonly [gate]: boolean;
};

export type ExplainedSettings = { readonly [K in keyof Settings]: Setting<Settings[K]> };

/** The settings that rules read, each with its origin and the declarations that it overrides. */
export function settingsOf(
  configuration: Configuration,
  gates: FeatureGates,
  declared: Declared,
  unsaid: Source,
  flags: readonly FlagUse[],
): ExplainedSettings {
  const settings = Object.fromEntries(
    Object.entries(fields).map(([path, read]) => {
      const from = configuration.get(path)?.from ?? unsaid;
      return [path, explain<unknown>(read(configuration, path), from, declared(path))];
    }),
  ) as { [K in keyof typeof fields]: Setting<Settings[K]> };
  return {
    ...settings,
    [gate]: gateSetting("RotateKubeletServerCertificate", configuration, gates, declared),
    // The flag --seccomp-default does not set the field, so both count.
    seccompDefault: eitherOf(settings.seccompDefault, flags, "seccomp-default"),
  };
}

/**
 * The value of a field with a separate flag: true if one of both is true.
 * Source: kubernetes cmd/kubelet/app/server.go createAndInitKubelet, the argument seccompDefault.
 */
function eitherOf(field: Setting<boolean>, flags: readonly FlagUse[], name: string): Setting<boolean> {
  const last = flags.findLast((flag) => flag.name === name);
  if (last === undefined || field.value || parseBool(last.value) !== true) return field;
  const { from, overrode } = field;
  const losers = from.layer === "default" ? overrode : [from, ...overrode];
  return { value: true, from: { layer: "flag", where: last.written, value: true }, overrode: losers };
}

/**
 * The origin of a gate is the layer that sets it by name, otherwise the layer that sets AllBeta, otherwise its default.
 */
function gateSetting(
  gate: string,
  configuration: Configuration,
  gates: FeatureGates,
  declared: Declared,
): Setting<boolean> {
  const value = gates.isOn(gate);
  const path = [`featureGates.${gate}`, "featureGates.AllBeta"].find((name) => configuration.has(name));
  const from = path && configuration.get(path)?.from;
  return explain(
    value,
    from || { layer: "default", where: "the feature gate's default" },
    declared(path ?? `featureGates.${gate}`),
  );
}
