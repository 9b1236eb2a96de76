import { parseDecimal } from "../go/literals.ts";
import { canonicalQuantity, parseQuantity } from "../go/quantity.ts";
import type { Json, Value } from "./configuration.ts";
import { isLabelValue, isQualifiedName, isTaintEffect } from "./names.ts";

/** Parsers of flags with their own grammar. Each returns undefined for a value with which the kubelet exits. */

/** The largest logging level: klog stores it as an int32. */
const highestVerbosity = 2_147_483_647n;

/** strconv.ParseUint with base 10 and 31 bits. Source: k8s.io/component-base/logs/api/v1 verbosityLevelPflag.Set. */
export function parseVerbosity(text: string): number | undefined {
  const level = /^[0-9]+$/.test(text) ? parseDecimal(text.replace(/^0+(?=.)/, ""), 64) : undefined;
  return level === undefined || level > highestVerbosity ? undefined : Number(level);
}

/** `pattern=N,…`; empty items are skipped. Source: k8s.io/component-base/logs/api/v1 vmoduleConfigurationPFlag.Set. */
export function parseVModule(text: string): Value | undefined {
  const items: Json[] = [];
  for (const item of text.split(",").filter(Boolean)) {
    const [pattern = "", level = "", ...more] = item.split("=");
    const verbosity = parseVerbosity(level);
    if (pattern === "" || verbosity === undefined || more.length > 0) return undefined;
    items.push(json({ filePattern: pattern, verbosity: { number: String(verbosity) } }));
  }
  return { json: { items } };
}

/**
 * `key[=value]:effect,…`. An item that ends in "-" is validated and not added.
 * Source: kubernetes pkg/util/taints ParseTaints, parseTaint.
 */
export function parseTaints(text: string): Value | undefined {
  if (text === "") return { json: { items: [] } };
  const items: Json[] = [];
  const seen = new Set<string>();
  for (const item of text.split(",")) {
    const removed = item.endsWith("-");
    const taint = parseTaint(removed ? item.slice(0, -1) : item);
    if (taint === undefined) return undefined;
    if (removed) continue;
    const { key, value, effect } = taint;
    const identity = `${effect} ${key}`;
    if (effect === "" || seen.has(identity)) return undefined;
    seen.add(identity);
    items.push(json({ key, ...(value && { value }), effect }));
  }
  return { json: { items } };
}

function parseTaint(text: string): { key: string; value: string; effect: string } | undefined {
  const [before = "", effect, ...moreColons] = text.split(":");
  if (effect === undefined) return isQualifiedName(before) ? { key: before, value: "", effect: "" } : undefined;
  const [key = "", value = "", ...moreEquals] = before.split("=");
  const wellFormed = moreColons.length === 0 && moreEquals.length === 0 && isTaintEffect(effect);
  return wellFormed && isQualifiedName(key) && isLabelValue(value) ? { key, value, effect } : undefined;
}

/** `NODE:type=quantity,…;NODE:…`. Source: kubernetes pkg/util/flag ReservedMemoryVar.Set. */
export function parseReservedMemory(text: string): Value | undefined {
  const items: Json[] = [];
  for (const reservation of text.split(";")) {
    const [node = "", limits, ...more] = reservation.split(":");
    if (limits === undefined || more.length > 0 || !isAtoi(node)) return undefined;
    const quantities = limits.split(",").map((limit) => limit.split("="));
    if (!quantities.every(isLimit)) return undefined;
    const members: Record<string, Json> = Object.fromEntries(
      quantities.map(([type = "", value = ""]) => [type, canonicalQuantity(value) ?? value]),
    );
    items.push(
      json({ numaNode: { number: String(BigInt.asIntN(32, BigInt(node.replace("+", "")))) }, limits: json(members) }),
    );
  }
  return { json: { items } };
}

function isLimit([type = "", quantity = "", ...more]: readonly string[]): boolean {
  return more.length === 0 && isReservableMemory(type) && parseQuantity(quantity) !== undefined;
}

export function isReservableMemory(type: string): boolean {
  return type === "memory" || type.startsWith("hugepages-");
}

/** Whether strconv.Atoi accepts a text: base 10 with an optional sign. */
export function isAtoi(text: string): boolean {
  return (
    /^[+-]?[0-9]+$/.test(text) && parseDecimal(text.replace(/^\+/, "").replace(/^(-?)0+(?=.)/, "$1"), 64) !== undefined
  );
}

const flag = { layer: "flag", where: "" } as const;

function json(members: Readonly<Record<string, Json>>): Json {
  return { members: Object.entries(members).map(([name, value]) => ({ name, value, from: flag })) };
}
