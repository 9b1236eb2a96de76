import {
  isList,
  isNumber,
  isObject,
  type JsonFrom,
  type JsonObjectFrom,
  MalformedDocument,
  type MemberFrom,
} from "./json.ts";

/**
 * RFC 7386: objects are merged name by name, null removes a member, and any other value replaces it. Names are compared
 * exactly. The result is in byte order of its names, because Go writes maps in this order.
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

/** Compares in the order of UTF-8 bytes, which differs from the order of JavaScript strings beyond U+D7FF. */
export function compareBytes(a: string, b: string): number {
  if (!surrogate.test(a) && !surrogate.test(b)) return a < b ? -1 : Number(a > b);
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

/**
 * Decodes a document without a type and writes it again, as Go does. Numbers become int64 or float64. A float with a
 * whole value loses its point and exponent, so that 10255.0 and 1e3 are valid integers afterwards.
 */
export function untyped<From>(json: JsonObjectFrom<From>): JsonObjectFrom<From> {
  return { members: json.members.map((member) => ({ ...member, value: untypedValue(member.value) })) };
}

function untypedValue<From>(value: JsonFrom<From>): JsonFrom<From> {
  if (isObject(value)) return untyped(value);
  if (isList(value)) return { items: value.items.map(untypedValue) };
  if (!isNumber(value) || !/[.eE]/.test(value.number)) return value;
  const number = Number(value.number);
  if (!Number.isFinite(number)) throw new MalformedDocument(`${value.number} does not fit in a float64`);
  return { number: String(number) };
}
