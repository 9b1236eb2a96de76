import { resolve as resolvePath } from "node:path/posix";
import type { FileEvidence } from "../../../lambda/evidence/files.ts";
import type { EffectiveKubelet, Resolution } from "../../../lambda/kubelet/effective.ts";
import { resolve } from "../../../lambda/kubelet/resolve.ts";

/** A short description of a node. `files` maps absolute paths to contents or other properties of a file. */
export interface NodeState {
  args?: readonly string[];
  files?: Readonly<Record<string, string | Partial<FileEvidence>>>;
  /** Kubernetes version; "" if unknown. */
  version?: string;
  cwd?: string;
  dropInEnvironment?: boolean;
  osId?: string;
}

export const header = { kind: "KubeletConfiguration", apiVersion: "kubelet.config.k8s.io/v1beta1" };

/** The text of a configuration file that sets `fields`. */
export function config(fields: object = {}): string {
  return JSON.stringify({ ...header, ...fields });
}

export const withFile = ["--config=/etc/config.json"];
export const withDropIns = [...withFile, "--config-dir=/etc/d"];

export function resolved(node: NodeState): Resolution {
  const { version = "1.34", cwd, dropInEnvironment = true, osId } = node;
  const process = {
    pid: 1000,
    argv: ["/usr/bin/kubelet", ...(node.args ?? [])],
    namespaces: "host" as const,
    dropInEnvironment,
    ...(version && { version: `v${version}.1`, versionFrom: "kubelet --version" as const }),
    ...(cwd && { cwd }),
  };
  const files = Object.entries(node.files ?? {}).map(([path, file]): FileEvidence => {
    const facts = typeof file === "string" ? { content: Buffer.from(file) } : file;
    return { path: resolvePath(path), kind: "file", ...facts };
  });
  const byPath = new Map(files.map((file) => [file.path, file]));
  const os = osId ? { id: osId } : {};
  return resolve({ os, kubelets: [process], files: byPath, remarks: [], sha256: "" }, process);
}

export function started(node: NodeState): EffectiveKubelet {
  const resolution = resolved(node);
  if ("kubelet" in resolution) return resolution.kubelet;
  throw new Error("refuses" in resolution ? resolution.refuses : resolution.unreadable.because);
}
