/** One file, directory or missing path that the kubelet's arguments or configuration may name. */
export interface FileEvidence {
  /** Absolute and lexically clean, as the kubelet would open it. */
  path: string;
  /** What `path` is after symbolic links are followed; "missing" covers a dangling link. */
  kind: "file" | "directory" | "fifo" | "device" | "socket" | "missing";
  /** Target text when `path` itself is a symbolic link. */
  link?: string;
  /** Permission bits, for example 0o644. */
  mode?: number;
  uid?: number;
  gid?: number;
  /** Modification time, epoch seconds. */
  modifiedAt?: number;
  /** Bytes. */
  size?: number;
  /** Whole content; only of the kubelet's configuration files and drop-ins. */
  content?: Buffer;
  /** Why the content (or the certificates) could not be taken: too large, unreadable, … */
  problem?: string;
  /** Only of client CA candidates: one entry per PEM CERTIFICATE block, in order. */
  certificates?: readonly CertificateEvidence[];
}

/** SHA-256 of the DER in lower-case hex, or that the block holds no DER certificate. */
export type CertificateEvidence = { sha256: string } | { malformed: string };

/** A process whose argv[0] is named kubelet. */
export interface KubeletProcess {
  pid: number;
  /** The whole command line with argv[0], its element borders and its empty elements. */
  argv: readonly string[];
  cwd?: string;
  exe?: string;
  uid?: number;
  ppid?: number;
  /** "host": same PID and mount namespace as PID 1. */
  namespaces: "host" | "other" | "unknown";
  /** KUBELET_CONFIG_DROPIN_DIR_ALPHA stands in its environment, with whatever value. */
  dropInEnvironment?: boolean;
  /** Start time, epoch seconds. */
  startedAt?: number;
  /** What its own binary calls itself, for example "v1.34.2-eks-ecaa3a6". */
  version?: string;
}

/** Everything `collect.sh` brought from one node, parsed; nothing judged. */
export interface Evidence {
  /** The node's clock, epoch seconds. */
  collectedAt?: number;
  os: { id?: string; versionId?: string; variantId?: string; prettyName?: string };
  kubelets: readonly KubeletProcess[];
  /** By path. */
  files: ReadonlyMap<string, FileEvidence>;
  /** What the script could not read or refused to, in words. */
  remarks: readonly string[];
  /** SHA-256 of the payload, lower-case hex: the evidence hash on findings. */
  sha256: string;
}
