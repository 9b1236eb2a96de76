/**
 * Syntax of the keys and values of Kubernetes labels and taints.
 * Source: k8s.io/apimachinery/pkg/util/validation IsQualifiedName, IsValidLabelValue.
 */

/** Maximum characters of a name or value, and of the domain before a name. */
const [longestName, longestDomain] = [63, 253];
const name = /^([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$/;
const domain = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;

export function isQualifiedName(key: string): boolean {
  const parts = key.split("/");
  const last = parts.pop() ?? "";
  const [before = "a", ...more] = parts;
  return (
    isLabelValue(last) && last !== "" && before.length <= longestDomain && domain.test(before) && more.length === 0
  );
}

export function isLabelValue(value: string): boolean {
  return value === "" || (value.length <= longestName && name.test(value));
}

export function isTaintEffect(effect: string): boolean {
  return effect === "NoSchedule" || effect === "PreferNoSchedule" || effect === "NoExecute";
}
