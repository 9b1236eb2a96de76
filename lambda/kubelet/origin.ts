import type { Setting } from "../domain/setting.ts";
import { formatDuration, parseBool } from "../go/literals.ts";
import type { FlagUse } from "./argv.ts";
import { type Configuration, durationAt, listAt, numberAt, type Source, textAt } from "./configuration.ts";
import type { Declared } from "./declarations.ts";
import type { EffectiveKubelet } from "./effective.ts";
import { explain } from "./explain.ts";
import type { FeatureGates } from "./feature-gates.ts";

/** The settings that rules read, each with its origin and the declarations that it overrides. */
export function settingsOf(
  configuration: Configuration,
  gates: FeatureGates,
  declared: Declared,
  unsaid: Source,
  flags: readonly FlagUse[],
): EffectiveKubelet["settings"] {
  const setting = <T>(path: string, value: T): Setting<T> =>
    explain(value, configuration.get(path)?.from ?? unsaid, declared(path));
  const text = (path: string) => setting(path, textAt(configuration, path));
  const flag = (path: string) => setting(path, configuration.get(path)?.value === true);
  const number = (path: string) => setting(path, numberAt(configuration, path));
  return {
    "authentication.x509.clientCAFile": text("authentication.x509.clientCAFile"),
    "authentication.anonymous.enabled": flag("authentication.anonymous.enabled"),
    "authentication.webhook.enabled": flag("authentication.webhook.enabled"),
    "authorization.mode": text("authorization.mode"),
    readOnlyPort: number("readOnlyPort"),
    streamingConnectionIdleTimeout: setting(
      "streamingConnectionIdleTimeout",
      formatDuration(durationAt(configuration, "streamingConnectionIdleTimeout")),
    ),
    makeIPTablesUtilChains: flag("makeIPTablesUtilChains"),
    eventRecordQPS: number("eventRecordQPS"),
    rotateCertificates: flag("rotateCertificates"),
    serverTLSBootstrap: flag("serverTLSBootstrap"),
    "featureEnabled.RotateKubeletServerCertificate": gateSetting(
      "RotateKubeletServerCertificate",
      configuration,
      gates,
      declared,
    ),
    tlsCertFile: text("tlsCertFile"),
    tlsPrivateKeyFile: text("tlsPrivateKeyFile"),
    tlsCipherSuites: setting("tlsCipherSuites", listAt(configuration, "tlsCipherSuites")),
    tlsMinVersion: text("tlsMinVersion"),
    protectKernelDefaults: flag("protectKernelDefaults"),
    staticPodPath: text("staticPodPath"),
    staticPodURL: text("staticPodURL"),
    podPidsLimit: number("podPidsLimit"),
    seccompDefault: eitherOf(flag("seccompDefault"), flags, "seccomp-default"),
    enableSystemLogQuery: flag("enableSystemLogQuery"),
    enableServer: flag("enableServer"),
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
