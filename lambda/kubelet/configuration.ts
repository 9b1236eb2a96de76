import { isList, type JsonFrom, type JsonObjectFrom, type MemberFrom } from "../go/json.ts";

/** Where a value comes from, for people and for rules. */
export interface Source {
  layer: "default" | "file" | "drop-in" | "flag";
  where: string;
}

/** JSON in which each member has its origin. */
export type Json = JsonFrom<Source>;
export type JsonObject = JsonObjectFrom<Source>;
export type Member = MemberFrom<Source>;

/** A decoded value. Durations are nanoseconds; lists of objects, and values that no check reads, stay JSON. */
export type Value = boolean | string | number | bigint | readonly string[] | { json: Json };

export interface Entry {
  value: Value;
  from: Source;
}

/**
 * A KubeletConfiguration: its leaves by their dotted path in the configuration file ("authentication.x509.clientCAFile"),
 * map entries below the path of their map ("featureGates.AllBeta"). A path that is not here is nil or zero in Go.
 */
export type Configuration = Map<string, Entry>;

export function isZero(value: Value): boolean {
  const json = jsonOf(value) ?? null;
  if (isList(json)) return json.items.length === 0;
  return value === false || value === "" || value === 0 || value === 0n || (Array.isArray(value) && value.length === 0);
}

/** Go's nil: the field and all that is below it. */
export function unset(configuration: Configuration, path: string): void {
  const prefix = `${path}.`;
  for (const known of configuration.keys()) {
    if (known === path || known.startsWith(prefix)) configuration.delete(known);
  }
}

/** The entries of a map field by their keys. */
export function entriesBelow(configuration: Configuration, path: string): [key: string, entry: Entry][] {
  const entries: [string, Entry][] = [];
  const prefix = `${path}.`;
  for (const [known, entry] of configuration) {
    if (known.startsWith(prefix)) entries.push([known.slice(prefix.length), entry]);
  }
  return entries;
}

export function textAt(configuration: Configuration, path: string): string {
  const value = configuration.get(path)?.value;
  return typeof value === "string" ? value : "";
}

export function numberAt(configuration: Configuration, path: string): number {
  const value = configuration.get(path)?.value;
  return typeof value === "number" ? value : 0;
}

/** Nanoseconds. */
export function durationAt(configuration: Configuration, path: string): bigint {
  const value = configuration.get(path)?.value;
  return typeof value === "bigint" ? value : 0n;
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

export function isTexts(value: Value | undefined): value is readonly string[] {
  return Array.isArray(value);
}
