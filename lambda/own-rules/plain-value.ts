import { StructValue } from "./struct-value.ts";

/** A value of CEL as a value that JSON can contain. */
export function plainValue(value: unknown): unknown {
  if (typeof value === "bigint") return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
  if (Array.isArray(value)) return value.map(plainValue);
  if (value instanceof StructValue) return "{…}";
  if (value instanceof Map) return Object.fromEntries([...value].map(([key, each]) => [String(key), plainValue(each)]));
  return typeof value === "object" && value !== null ? String(value) : value;
}
