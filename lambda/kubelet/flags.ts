import { isNumber } from "../go/json.ts";
import { parseBool } from "../go/literals.ts";
import type { FlagUse } from "./argv.ts";
import { type Configuration, emptyMap, isTexts, jsonItems, jsonOf, unset, type Value } from "./configuration.ts";
import type { ReadFlag } from "./flag-values.ts";

/**
 * Writes the flags of a command line over a configuration. A repeated scalar flag replaces its earlier value. The first
 * use of a list or map flag replaces the value of the files, and further uses add to it. Feature gates are set one by
 * one, so that gates set only in files stay. Source: kubernetes cmd/kubelet/app/server.go kubeletConfigFlagPrecedence.
 */
export function applyFlags(uses: readonly ReadFlag[], over: Configuration): void {
  const lists = new Map<string, ListFlag>();
  const maps = new Set<string>();
  for (const use of uses) {
    const value = use.read;
    if (use.field === undefined || value === undefined) continue;
    if (value instanceof Map) {
      if (use.type !== "mapStringBool" && !maps.has(use.field)) unset(over, use.field);
      const isNil = use.type === "mapStringBool" && value.size === 0;
      if (!over.has(use.field) && !isNil)
        over.set(use.field, { value: emptyMap, from: { layer: "flag", where: use.written } });
      maps.add(use.field);
      for (const [key, one] of value) {
        const path = `${use.field}.${key}`;
        const before = over.get(path)?.value;
        const all = isTexts(one) && isTexts(before) ? [...before, ...one] : one;
        over.set(path, { value: all, from: { layer: "flag", where: use.written } });
      }
    } else if (accumulating.has(use.type)) extend(lists, use, use.field, value);
    else {
      const kept = keepsNumber(over.get(use.field)?.value, value);
      over.set(use.field, { value: kept, from: { layer: "flag", where: use.written } });
    }
  }
  for (const [field, { values, written, keepsFiles }] of lists) {
    const before = keepsFiles ? [over.get(field)?.value ?? []] : [];
    over.set(field, { value: joined([...before, ...values]), from: { layer: "flag", where: written.join(" ") } });
  }
}

/**
 * A duration that a file sets as a number stays a number. Source: k8s.io/component-base/logs/api/v1 TimeOrMetaDuration.
 */
function keepsNumber(before: Value | undefined, value: Value): Value {
  const isNumeric = typeof value === "bigint" && isNumber(jsonOf(before) ?? null);
  return isNumeric ? { json: { number: String(value) } } : value;
}

interface ListFlag {
  values: Value[];
  written: string[];
  /** Whether the first use appends to the list of the files. */
  keepsFiles: boolean;
}

/** --register-with-taints is a list too, but its last use replaces the others. */
const accumulating = new Set(["strings", "reserved-memory", "vmodule"]);

function extend(lists: Map<string, ListFlag>, { type, written }: FlagUse, field: string, value: Value) {
  const list = lists.get(field) ?? { values: [], written: [], keepsFiles: type === "vmodule" };
  lists.set(field, list);
  list.values.push(value);
  list.written.push(written);
}

function joined(values: readonly Value[]): Value {
  if (values.every((value) => isTexts(value))) return values.flat();
  return { json: { items: values.flatMap(jsonItems) } };
}

/** The value of the last use of a flag; "" without a use. */
export function lastText(uses: readonly FlagUse[], name: string): string {
  return uses.findLast((use) => use.name === name)?.value ?? "";
}

/**
 * A kubelet with --config or --config-dir parses the flags a second time, and this parse rejects --help and -h with any
 * value.
 * Source: kubernetes cmd/kubelet/app/server.go kubeletConfigFlagPrecedence.
 */
export function endsBesideFiles(uses: readonly FlagUse[]): boolean {
  return uses.some(({ name }) => name === "help");
}

/** Whether --help, -h or --version makes the kubelet print and exit. */
export function endsAtOnce(uses: readonly FlagUse[]): boolean {
  const version = lastText(uses, "version");
  return parseBool(lastText(uses, "help")) === true || version === "raw" || parseBool(version) === true;
}
