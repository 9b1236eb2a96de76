import type { Unreadable } from "../domain/node.ts";
import type { Setting } from "../domain/setting.ts";
import type { WholeConfiguration } from "./whole.ts";

/** The settings that rules read, keyed by their path in the configuration file, with the types of effective values. */
export interface Settings {
  "authentication.x509.clientCAFile": string;
  "authentication.anonymous.enabled": boolean;
  "authentication.webhook.enabled": boolean;
  "authorization.mode": string;
  readOnlyPort: number;
  /** Go duration text, for example "4h0m0s". */
  streamingConnectionIdleTimeout: string;
  makeIPTablesUtilChains: boolean;
  eventRecordQPS: number;
  rotateCertificates: boolean;
  serverTLSBootstrap: boolean;
  /** The gate's effective value: by its name, AllAlpha, AllBeta or its default. */
  "featureEnabled.RotateKubeletServerCertificate": boolean;
  tlsCertFile: string;
  tlsPrivateKeyFile: string;
  tlsCipherSuites: readonly string[];
  tlsMinVersion: string;
  protectKernelDefaults: boolean;
  staticPodPath: string;
  /** The collector replaces a URL, which can contain credentials. */
  staticPodURL: string;
  podPidsLimit: number;
  /** True if the field or the flag --seccomp-default is true. The flag does not set the field, so both count. */
  seccompDefault: boolean;
  enableSystemLogQuery: boolean;
  enableServer: boolean;
}

export type SettingName = keyof Settings;

/** The effective configuration of one kubelet. */
export interface EffectiveKubelet {
  /** The Kubernetes minor version for which the configuration was resolved, for example "1.34". */
  version: string;
  /**
   * The origin of `version`, for people: "kubelet --version", "/etc/eks/kubelet-version.txt", "the cluster's version".
   */
  versionFrom: string;
  settings: { readonly [K in SettingName]: Setting<Settings[K]> };
  /**
   * All fields. Absent without a version, on which defaults depend, and on Windows, whose defaults are not tabulated.
   */
  whole?: WholeConfiguration;
  /** Notes for the reader: assumptions, and settings that may stop the kubelet later. */
  remarks: readonly string[];
  /** The value of the last --hostname-override; absent without the flag. */
  hostnameOverride?: string;
  /** Absolute paths that this kubelet uses. A path that it does not use is absent. */
  paths: {
    config?: string;
    configDir?: string;
    /** The drop-ins that it reads, in this order. */
    dropIns: readonly string[];
    /** configDir and the directories below it that it walks. */
    dropInDirectories: readonly string[];
    kubeconfig?: string;
    clientCA?: string;
  };
}

/** A kubelet's effective configuration, or why a kubelet would not start with it, or why it cannot be determined. */
export type Resolution = { kubelet: EffectiveKubelet } | { refuses: string } | { unreadable: Unreadable };
