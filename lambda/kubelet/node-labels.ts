import { KubeletRefuses } from "../domain/problems.ts";
import type { FlagUse } from "./argv.ts";
import { isLabelValue, isQualifiedName } from "./names.ts";

/**
 * The kubelet rejects malformed labels and Kubernetes labels that a node must not give itself, for example
 * node-role.kubernetes.io/worker. The labels of repeated flags are combined.
 * Source: kubernetes cmd/kubelet/app/options/options.go ValidateKubeletFlags.
 */
export function checkNodeLabels(uses: readonly FlagUse[]): void {
  for (const [key, value] of labelsOf(uses)) {
    if (!isQualifiedName(key))
      throw new KubeletRefuses(`--node-labels: ${JSON.stringify(key)} is not a valid label name`);
    if (!isLabelValue(value))
      throw new KubeletRefuses(`--node-labels: ${JSON.stringify(value)} is not a valid label value`);
    if (isReserved(key))
      throw new KubeletRefuses(`--node-labels: ${key} is a label of Kubernetes that a node must not give itself`);
  }
}

/** If a name is repeated, its last value counts. Source: k8s.io/component-base/cli/flag ConfigurationMap.Set. */
function labelsOf(uses: readonly FlagUse[]): ReadonlyMap<string, string> {
  const texts = uses.filter(({ name }) => name === "node-labels").map(({ value }) => value);
  const pairs = texts.flatMap((text) => text.split(",")).filter((pair) => pair !== "");
  return new Map(
    pairs.map((pair) => {
      const [, key = "", value = ""] = /^([^=]*)=?(.*)$/s.exec(pair) ?? [];
      return [key.trim(), value.trim()];
    }),
  );
}

/** Source: kubernetes staging/src/k8s.io/kubelet/pkg/apis/well_known_labels.go. */
const allowed = new Set([
  "kubernetes.io/hostname",
  "kubernetes.io/os",
  "kubernetes.io/arch",
  "beta.kubernetes.io/os",
  "beta.kubernetes.io/arch",
  "beta.kubernetes.io/instance-type",
  "node.kubernetes.io/instance-type",
  "topology.kubernetes.io/zone",
  "topology.kubernetes.io/region",
  "failure-domain.beta.kubernetes.io/zone",
  "failure-domain.beta.kubernetes.io/region",
]);

function isReserved(key: string): boolean {
  const [before = "", last] = key.split("/");
  if (last === undefined || !/(^|\.)(kubernetes|k8s)\.io$/.test(before)) return false;
  return !allowed.has(key) && !/(^|\.)(kubelet|node)\.kubernetes\.io$/.test(before);
}
