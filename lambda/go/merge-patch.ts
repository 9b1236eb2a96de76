import { isList, isNumber, isObject, type JsonFrom, type JsonObjectFrom, type MemberFrom } from "./json.ts";

/**
 * RFC 7386: objects merge name by name, null removes, anything else replaces. Names are compared as they are written,
 * and the result is in byte order of its names, as Go writes maps.
 * Source: github.com/evanphx/json-patch MergePatch.
 */
export function mergePatch<From>(target: JsonFrom<From>, patch: JsonObjectFrom<From>): JsonObjectFrom<From> {
  const merged = new Map<string, MemberFrom<From>>(
    isObject(target) ? target.members.map((member) => [member.name, member]) : [],
  );
  for (const member of patch.members) {
    if (member.value === null) merged.delete(member.name);
    else
      merged.set(member.name, { ...member, value: mergeValue(merged.get(member.name)?.value ?? null, member.value) });
  }
  return { members: [...merged.values()].sort((a, b) => compareBytes(a.name, b.name)) };
}

function mergeValue<From>(target: JsonFrom<From>, patch: JsonFrom<From>): JsonFrom<From> {
  return isObject(patch) ? mergePatch(target, patch) : patch;
}

const surrogate = /[\ud800-\udfff]/;

/** The order of UTF-8 bytes, which is that of code points and, beyond U+D7FF, not that of JavaScript's strings. */
export function compareBytes(a: string, b: string): number {
  if (!surrogate.test(a) && !surrogate.test(b)) return a < b ? -1 : Number(a > b);
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

/**
 * A document without a type, decoded and written again: numbers become int64 or float64, and a float that is whole
 * loses its point and exponent (10255.0 and 1e3 pass for integers afterwards).
 */
export function untyped<From>(json: JsonObjectFrom<From>): JsonObjectFrom<From> {
  return { members: json.members.map((member) => ({ ...member, value: untypedValue(member.value) })) };
}

function untypedValue<From>(value: JsonFrom<From>): JsonFrom<From> {
  if (isObject(value)) return untyped(value);
  if (isList(value)) return { items: value.items.map(untypedValue) };
  return isNumber(value) && /[.eE]/.test(value.number) ? { number: String(Number(value.number)) } : value;
}
