import type { Unreadable } from "../domain/node.ts";
import type { Setting } from "../domain/setting.ts";
import type { WholeConfiguration } from "./whole.ts";

/** The settings the rules look at, by their names in the kubelet's configuration file, with their effective types. */
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
  /** What the process uses, after AllAlpha, AllBeta and the gate's own default. */
  "featureEnabled.RotateKubeletServerCertificate": boolean;
  tlsCertFile: string;
  tlsPrivateKeyFile: string;
  tlsCipherSuites: readonly string[];
  tlsMinVersion: string;
  protectKernelDefaults: boolean;
  staticPodPath: string;
  enableServer: boolean;
}

export type SettingName = keyof Settings;

/** The effective configuration of one kubelet. */
export interface EffectiveKubelet {
  /** Kubernetes minor version it was resolved for, for example "1.34". */
  version: string;
  /** Where that version is from, for people: "kubelet --version", "/etc/eks/kubelet-version.txt", "the cluster". */
  versionFrom: string;
  settings: { readonly [K in SettingName]: Setting<Settings[K]> };
  /** All fields; absent where they are not known: without a version, on which defaults depend, and on Windows. */
  whole?: WholeConfiguration;
  /** What a reader should know beside the settings: assumptions, and what may stop the kubelet later. */
  remarks: readonly string[];
  /** Absolute paths as this kubelet uses them; absent where it uses none. */
  paths: {
    config?: string;
    configDir?: string;
    /** The drop-ins it reads, in the order it reads them. */
    dropIns: readonly string[];
    /** The directories below (and with) configDir that it walks. */
    dropInDirectories: readonly string[];
    kubeconfig?: string;
    clientCA?: string;
  };
}

/** A kubelet's effective configuration, or why a kubelet would refuse to start with it. */
export type Resolution = { kubelet: EffectiveKubelet } | { refuses: string } | { unreadable: Unreadable };
