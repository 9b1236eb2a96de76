import type { Unreadable } from "../domain/node.ts";
import type { ExplainedSettings, Settings } from "./origin.ts";
import type { WholeConfiguration } from "./whole.ts";

export type SettingName = keyof Settings;

/** The effective configuration of one kubelet. */
export interface EffectiveKubelet {
  /** The Kubernetes minor version for which the configuration was resolved, for example "1.34". */
  version: string;
  /**
   * The origin of `version`, for people: "kubelet --version", "/etc/eks/kubelet-version.txt", "the cluster's version".
   */
  versionFrom: string;
  settings: ExplainedSettings;
  /**
   * All fields. Absent without a version, on which defaults depend, and on Windows, whose defaults are not tabulated.
   */
  whole?: WholeConfiguration;
  /** Notes for the reader: assumptions, and settings that may stop the kubelet later. */
  remarks: readonly string[];
  /** Why the kubelet exits after it has accepted this configuration; absent if the evidence shows no reason. */
  exits?: string;
  /** The value of the last --hostname-override; absent without the flag. */
  hostnameOverride?: string;
  /** Absolute paths that this kubelet uses. A path that it does not use is absent. */
  paths: {
    config?: string;
    configDir?: string;
    /** The drop-ins that the kubelet reads, in this order. */
    dropIns: readonly string[];
    /** `configDir` and the directories below it in which the kubelet searches for drop-ins. */
    dropInDirectories: readonly string[];
    kubeconfig?: string;
    clientCA?: string;
    /** tlsCertFile and tlsPrivateKeyFile. */
    servingCertificate?: string;
    servingKey?: string;
  };
}

/** A kubelet's effective configuration, or why a kubelet would not start with it, or why it cannot be determined. */
export type Resolution = { kubelet: EffectiveKubelet } | { refuses: string } | { unreadable: Unreadable };
