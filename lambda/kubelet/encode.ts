import { formatDuration } from "../go/literals.ts";
import type { Json, JsonObject, Member } from "./configuration.ts";
import {
  type Configuration,
  type Entry,
  entriesBelow,
  isTexts,
  isZero,
  type Source,
  type Value,
} from "./configuration.ts";
import { type Field, goName, type LeafField, root, type StructField } from "./fields.ts";
import type { StartContext } from "./start-context.ts";

/**
 * Which of the kubelet's two types is written as JSON. The versioned type has the names of the configuration file and
 * omits zeros. The internal type has Go's names and omits nothing.
 */
export type Spelling = "versioned" | "internal";

/**
 * Serializes a configuration as the kubelet does before it merges drop-ins. With `only`, serializes only these
 * top-level fields. Every member has its origin.
 */
export function encode(
  configuration: Configuration,
  spelling: Spelling,
  { minor, unsaid }: Pick<StartContext, "minor" | "unsaid">,
  only?: ReadonlySet<string>,
): JsonObject {
  const fields = only ? root.fields.filter(({ path }) => only.has(path)) : root.fields;
  return struct({ ...root, fields }, { configuration, spelling, release: minor, unsaid });
}

/** One object of a list, with the field names of its type. */
export function encodeObject(type: StructField, configuration: Configuration): JsonObject {
  return struct(type, { configuration, spelling: "versioned", release: Number.POSITIVE_INFINITY, unsaid: nobody });
}

const nobody: Source = { layer: "default", where: "" };

interface Encoder {
  configuration: Configuration;
  spelling: Spelling;
  release: number;
  /** Source recorded for values that nothing sets. */
  unsaid: Source;
}

function struct({ fields }: Pick<StructField, "fields">, encoder: Encoder): JsonObject {
  const members: Member[] = [];
  for (const field of fields) {
    const inner = field.since <= encoder.release ? member(field, encoder) : undefined;
    if (inner) members.push(inner);
  }
  return { members };
}

function member(field: Field, encoder: Encoder): Member | undefined {
  const name = encoder.spelling === "internal" && !isTagged(field.path) ? goName(field.name) : field.name;
  if ("fields" in field) return { name, value: struct(field, encoder), from: encoder.unsaid };
  const entry = field.shape.startsWith("map") ? mapEntry(field, encoder) : encoder.configuration.get(field.path);
  if ((encoder.spelling === "versioned" || isTagged(field.path)) && isOmitted(field, entry)) return undefined;
  const value = entry ? written(entry.value, field, encoder.release) : zeroOf(field);
  return { name, value, from: entry?.from ?? encoder.unsaid };
}

/** The types of the logging API have JSON names and `omitempty` of their own, even inside the internal type. */
function isTagged(path: string): boolean {
  return path.startsWith("logging.");
}

/** Kubernetes 1.27 writes a number of nanoseconds; later releases write text. */
function written(value: Value, { kind }: LeafField, release: number): Json {
  if (kind === "timeOrDuration" && typeof value === "bigint" && release <= 27) return { number: String(value) };
  return toJson(value);
}

/** Go's `omitempty` omits nil pointers and zeros. It never omits a duration, because a duration is a struct in Go. */
export function isOmitted({ pointer, kind, shape, always }: LeafField, entry: Entry | undefined): boolean {
  if (always || (kind === "duration" && !pointer && shape === "one")) return false;
  return entry === undefined || (!pointer && isZero(entry.value));
}

function mapEntry(field: LeafField, { configuration, unsaid }: Encoder): Entry | undefined {
  const entries = entriesBelow(configuration, field.path);
  if (entries.length === 0) return configuration.get(field.path);
  const members = entries.map(([name, { value, from }]) => ({ name, value: toJson(value), from }));
  return { value: { json: { members } }, from: unsaid };
}

export function toJson(value: Value): Json {
  if (typeof value === "bigint") return formatDuration(value);
  if (typeof value === "number") return { number: String(value) };
  if (typeof value === "boolean" || typeof value === "string") return value;
  return isTexts(value) ? { items: value } : value.json;
}

export function zeroOf({ kind, shape, pointer }: LeafField): Json {
  if (pointer || shape !== "one") return null;
  if (kind === "bool") return false;
  if (kind === "string") return "";
  if (kind === "duration") return "0s";
  if (kind === "quantity") return "0";
  if (kind === "timeOrDuration") return "0s";
  return kind === "struct" || kind === "any" || kind === "time" ? null : { number: "0" };
}
