import { isList, isNumber, isObject, type Json, MalformedDocument, type Member } from "../go/json.ts";
import { parseDecimal, parseDuration } from "../go/values.ts";
import { type Configuration, type Entry, unset, type Value } from "./configuration.ts";
import { type Field, fold, type Kind, type LeafField, root, type StructField } from "./fields.ts";

/** How names are matched: sigs.k8s.io/json wants them exact, Go's encoding/json takes any case. */
export type Names = "exact" | "any case";

/**
 * Writes a document over a configuration, as Go decodes JSON into a struct: member by member, so that of a repeated
 * name the last scalar wins while objects and maps merge; null empties pointers, lists and maps and leaves scalars
 * alone; unknown names are skipped; a value of another type is an error, wherever it stands.
 */
export function decode(document: Json, over: Configuration, names: Names, release: number): void {
  struct(root, document, over, { names, release });
}

interface Decoder {
  names: Names;
  release: number;
}

function struct(field: StructField, document: Json, over: Configuration, decoder: Decoder): void {
  if (document === null) return;
  if (!isObject(document)) throw wrongType(document, field.path || "KubeletConfiguration", "an object");
  for (const member of document.members) {
    const inner = fieldNamed(field, member.name, decoder);
    if (inner === undefined || inner.since > decoder.release) continue;
    if ("fields" in inner) struct(inner, member.value, over, decoder);
    else leaf(inner, member, over);
  }
}

function fieldNamed(field: StructField, name: string, { names }: Decoder): Field | undefined {
  return field.byName.get(name) ?? (names === "any case" ? field.byFoldedName.get(fold(name)) : undefined);
}

function leaf(field: LeafField, { value, from }: Member, over: Configuration): void {
  const { path, kind, shape, pointer } = field;
  if (value === null && (pointer || shape !== "one" || kind === "struct")) unset(over, path);
  else if (shape === "one") set(over, path, single(value, kind, path), from);
  else if (shape === "list") set(over, path, list(value, kind, path), from);
  else map(field, value, over);
}

function map({ path, kind, shape }: LeafField, value: Json, over: Configuration): void {
  if (!isObject(value)) throw wrongType(value, path, "an object");
  for (const { name, value: inner, from } of value.members) {
    const below = `${path}.${name}`;
    set(over, below, shape === "map" ? (single(inner, kind, below) ?? zero(kind)) : list(inner, kind, below), from);
  }
}

function set(over: Configuration, path: string, value: Value | undefined, from: Entry["from"]): void {
  if (value !== undefined) over.set(path, { value, from });
}

function list(value: Json, kind: Kind, path: string): Value {
  if (value === null) return [];
  if (!isList(value)) throw wrongType(value, path, "a list");
  const values = value.items.map((item) => single(item, kind, path) ?? zero(kind));
  return kind === "string" ? values.filter((one) => typeof one === "string") : { json: value };
}

/** undefined: null, which leaves a scalar as it is. A duration is no scalar to Go: null is read as "", which is none. */
function single(value: Json, kind: Kind, path: string): Value | undefined {
  if (kind === "duration") return duration(value, path);
  if (value === null) return undefined;
  switch (kind) {
    case "bool":
      return typeof value === "boolean" ? value : mistyped(value, path, "true or false");
    case "string":
      return typeof value === "string" ? value : mistyped(value, path, "text");
    case "float64":
      return isNumber(value) ? Number(value.number) : mistyped(value, path, "a number");
    case "quantity":
      return typeof value === "string" || isNumber(value) ? { json: value } : mistyped(value, path, "a quantity");
    case "struct":
      return isObject(value) ? { json: value } : mistyped(value, path, "an object");
    case "any":
      return { json: value };
    default:
      return integer(value, kind, path);
  }
}

function integer(value: Json, kind: "int32" | "int64" | "uint32", path: string): number {
  const parsed = isNumber(value) ? parseDecimal(value.number, kind === "int32" ? 32 : 64) : undefined;
  const fits = kind !== "uint32" || (parsed !== undefined && BigInt.asUintN(32, parsed) === parsed);
  return parsed !== undefined && fits ? Number(parsed) : mistyped(value, path, "a whole number");
}

function duration(value: Json, path: string): bigint {
  const text = value === null ? "" : value;
  const parsed = typeof text === "string" ? parseDuration(text) : undefined;
  return parsed ?? mistyped(value, path, 'a duration such as "4h0m0s"');
}

function zero(kind: Kind): Value {
  return kind === "bool" ? false : kind === "string" ? "" : { json: null };
}

function mistyped(value: Json, path: string, wanted: string): never {
  throw wrongType(value, path, wanted);
}

function wrongType(value: Json, path: string, wanted: string): MalformedDocument {
  return new MalformedDocument(`${path} must be ${wanted}, not ${inWords(value)}`);
}

/** A value for a sentence, never longer than a line. */
function inWords(value: Json): string {
  if (isObject(value)) return "an object";
  if (isList(value)) return "a list";
  return (isNumber(value) ? value.number : JSON.stringify(value)).slice(0, 60);
}
