import { isList, isNumber, type JsonFrom, type JsonObjectFrom, type MemberFrom } from "../go/json.ts";

/** The origin of a value. */
export interface Source {
  layer: "default" | "file" | "drop-in" | "flag";
  where: string;
}

/** JSON in which each member has its origin. */
export type Json = JsonFrom<Source>;
export type JsonObject = JsonObjectFrom<Source>;
export type Member = MemberFrom<Source>;

/**
 * A decoded value. A bigint is a duration in nanoseconds. Some values stay JSON: lists of anything but text, structs
 * that can be absent, durations written as numbers, and integers that a JavaScript number cannot represent exactly.
 */
export type Value = boolean | string | number | bigint | readonly string[] | { json: Json };

export interface Entry {
  value: Value;
  from: Source;
}

/**
 * A KubeletConfiguration: its leaves, keyed by their dotted path in the file ("authentication.x509.clientCAFile"). The
 * key of a map entry follows the path of the map ("featureGates.AllBeta"). A missing path is nil or zero in Go. A map
 * that is not nil has the entry `emptyMap` at its own path, whether it has entries or not.
 */
export type Configuration = Map<string, Entry>;

export const emptyMap: Value = { json: { members: [] } };

export function isZero(value: Value): boolean {
  const json = jsonOf(value) ?? null;
  if (isList(json)) return json.items.length === 0;
  if (isNumber(json)) return Number(json.number) === 0;
  if (value === emptyMap) return true;
  return value === false || value === "" || value === 0 || value === 0n || (Array.isArray(value) && value.length === 0);
}

/** Sets a field to Go's nil: removes it and everything below it. */
export function unset(configuration: Configuration, path: string): void {
  const prefix = `${path}.`;
  for (const known of configuration.keys()) {
    if (known === path || known.startsWith(prefix)) configuration.delete(known);
  }
}

/** The entries of a map field by their keys. */
export function entriesBelow(configuration: Configuration, path: string): [key: string, entry: Entry][] {
  const entries: [string, Entry][] = [];
  if (!configuration.has(path)) return entries;
  const prefix = `${path}.`;
  for (const known of configuration.keys()) {
    const entry = known.startsWith(prefix) && configuration.get(known);
    if (entry) entries.push([known.slice(prefix.length), entry]);
  }
  return entries;
}

export function textAt(configuration: Configuration, path: string): string {
  const value = configuration.get(path)?.value;
  return typeof value === "string" ? value : "";
}

export function numberAt(configuration: Configuration, path: string): number {
  const value = configuration.get(path)?.value;
  const json = jsonOf(value) ?? null;
  return typeof value === "number" ? value : isNumber(json) ? Number(json.number) : 0;
}

/** Nanoseconds. */
export function durationAt(configuration: Configuration, path: string): bigint {
  const value = configuration.get(path)?.value;
  const json = jsonOf(value) ?? null;
  return typeof value === "bigint" ? value : isNumber(json) ? BigInt(json.number) : 0n;
}

export function flagAt(configuration: Configuration, path: string): boolean {
  return configuration.get(path)?.value === true;
}

export function listAt(configuration: Configuration, path: string): readonly string[] {
  const value = configuration.get(path)?.value;
  return isTexts(value) ? value : [];
}

/** The JSON of a value that is kept as JSON. */
export function jsonOf(value: Value | undefined): Json | undefined {
  return typeof value === "object" && "json" in value ? value.json : undefined;
}

export function jsonItems(value: Value | undefined): readonly Json[] {
  const json = jsonOf(value);
  return json !== undefined && isList(json) ? json.items : [];
}

/** An integer of up to 64 bits. */
export function integerValue(integer: bigint): Value {
  const number = Number(integer);
  return Number.isSafeInteger(number) ? number : { json: { number: String(integer) } };
}

export function isTexts(value: Value | undefined): value is readonly string[] {
  return Array.isArray(value);
}
