import { isList, isNumber, isObject, MalformedDocument } from "../go/json.ts";
import { parseDecimal, parseDuration } from "../go/literals.ts";
import { canonicalQuantity } from "../go/quantity.ts";
import type { Json, Member } from "./configuration.ts";
import {
  type Configuration,
  type Entry,
  emptyMap,
  integerValue,
  jsonItems,
  jsonOf,
  unset,
  type Value,
} from "./configuration.ts";
import { encodeObject, toJson } from "./encode.ts";
import { type Field, fold, type Kind, type LeafField, root, type StructField } from "./fields.ts";
import { newestRelease, notKnown, type Release } from "./version.ts";

/**
 * How field names are matched. sigs.k8s.io/json requires exact names, and Go's encoding/json accepts any letter case.
 * The internal type has names of its own. A name of the file that differs from them in more than letter case is
 * unknown.
 */
export type Names = "exact" | "any case" | "internal";

/**
 * Writes a document over a configuration, as Go decodes JSON into a struct, member by member. If a name is repeated,
 * the last scalar wins, and objects and maps are merged. null empties pointers, lists and maps, and does not change
 * scalars. Unknown names are skipped. A value of a wrong type is an error in any field.
 */
export function decode(document: Json, over: Configuration, names: Names, release: Release): void {
  struct(root, document, over, { names, release });
}

interface Decoder {
  names: Names;
  release: Release;
}

function struct(field: StructField, document: Json, over: Configuration, decoder: Decoder): void {
  if (document === null) return;
  if (!isObject(document)) throw wrongType(document, field.path || "KubeletConfiguration", "an object");
  for (const member of document.members) {
    const inner = fieldNamed(field, member.name, decoder);
    if (inner === undefined) refuseNewField(field, member.name, decoder);
    if (inner === undefined || inner.since > decoder.release.minor) continue;
    if ("fields" in inner) struct(inner, member.value, over, decoder);
    else leaf(inner, member, over, decoder);
  }
}

/** A kubelet newer than all known releases may have the field, and the field may change the result. */
function refuseNewField({ path }: StructField, name: string, { release }: Decoder): void {
  const header = path === "" && ["kind", "apiversion"].includes(fold(name));
  if (release.actual > newestRelease && !header) throw notKnown(`field ${path && `${path}.`}${name}`, release);
}

export function fieldNamed(field: StructField, name: string, { names }: Pick<Decoder, "names">): Field | undefined {
  if (names === "internal") return field.byGoName.get(fold(name));
  return field.byName.get(name) ?? (names === "any case" ? field.byFoldedName.get(fold(name)) : undefined);
}

function leaf(field: LeafField, { value, from }: Member, over: Configuration, decoder: Decoder): void {
  const { path, kind, shape, pointer } = field;
  const before = over.get(path)?.value;
  if (value === null && (pointer || shape !== "one")) unset(over, path);
  else if (shape === "one" && kind === "struct") set(over, path, { json: object(field, value, before, decoder) }, from);
  else if (shape === "one") set(over, path, single(value, kind, path, decoder, before), from);
  else if (shape === "list") set(over, path, list(field, value, before, decoder), from);
  else map(field, value, from, over, decoder);
}

function map(field: LeafField, value: Json, mapFrom: Entry["from"], over: Configuration, decoder: Decoder): void {
  const { path, kind, shape } = field;
  if (!isObject(value)) throw wrongType(value, path, "an object");
  set(over, path, emptyMap, mapFrom);
  for (const { name, value: inner, from } of value.members) {
    const below = `${path}.${name}`;
    const entry =
      shape === "map"
        ? (single(inner, kind, below, decoder) ?? zero(kind))
        : inner === null
          ? { json: null }
          : list({ ...field, path: below }, inner, undefined, decoder);
    set(over, below, entry, from);
  }
}

function set(over: Configuration, path: string, value: Value | undefined, from: Entry["from"]): void {
  if (value !== undefined) over.set(path, { value, from });
}

/** Go decodes an element over the previous one at its index, so fields that the new one omits keep their values. */
function list(field: LeafField, value: Json, before: Value | undefined, decoder: Decoder): Value {
  const { kind, path } = field;
  if (value === null) return [];
  if (!isList(value)) throw wrongType(value, path, "a list");
  if (kind === "struct") {
    const old = jsonItems(before);
    return { json: { items: value.items.map((item, index) => object(field, item, asValue(old[index]), decoder)) } };
  }
  const values = value.items.map((item) => single(item, kind, path, decoder) ?? zero(kind));
  return kind === "string" ? values.filter((one) => typeof one === "string") : { json: { items: values.map(toJson) } };
}

function asValue(json: Json | undefined): Value | undefined {
  return json === undefined ? undefined : { json };
}

/** The object with the field names of its type and without fields that the type does not have. */
function object({ object: type, path }: LeafField, value: Json, before: Value | undefined, decoder: Decoder): Json {
  if (type === undefined) throw new TypeError(`${path} is not an object`);
  const fields: Configuration = new Map();
  const old = jsonOf(before);
  if (old !== undefined) struct(type, old, fields, decoder);
  struct({ ...type, path }, value, fields, decoder);
  return encodeObject(type, fields);
}

/** Returns undefined for null, which does not change a scalar. Go reads a null duration as "", which is malformed. */
function single(value: Json, kind: Kind, path: string, { release }: Decoder, before?: Value): Value | undefined {
  if (kind === "duration") return duration(value, path);
  if (kind === "timeOrDuration") return timeOrDuration(value, path, release.minor, before);
  if (value === null) return kind === "quantity" ? "0" : undefined;
  switch (kind) {
    case "bool":
      return typeof value === "boolean" ? value : mistyped(value, path, "true or false");
    case "string":
      return typeof value === "string" ? value : mistyped(value, path, "text");
    case "time":
      return typeof value === "string" && isTime(value) ? value : mistyped(value, path, "a time in RFC 3339 format");
    case "float64":
      return isNumber(value) ? Number(value.number) : mistyped(value, path, "a number");
    case "quantity":
      return quantity(value, path);
    case "struct":
    case "any":
      return { json: value };
    default:
      return integer(value, kind, path);
  }
}

function integer(value: Json, kind: "int32" | "int64" | "uint32", path: string): Value {
  const parsed = isNumber(value) ? parseDecimal(value.number, kind === "int32" ? 32 : 64) : undefined;
  const fits = kind !== "uint32" || (parsed !== undefined && BigInt.asUintN(32, parsed) === parsed);
  return parsed !== undefined && fits ? integerValue(parsed) : mistyped(value, path, "a whole number");
}

function duration(value: Json, path: string): bigint {
  const text = value === null ? "" : value;
  const parsed = typeof text === "string" ? parseDuration(text) : undefined;
  return parsed ?? mistyped(value, path, 'a duration such as "4h0m0s"');
}

/**
 * A number of nanoseconds stays a number. null turns the previous duration into a number. Kubernetes 1.27 accepts only
 * numbers. Source: k8s.io/component-base/logs/api/v1 TimeOrMetaDuration.UnmarshalJSON.
 */
function timeOrDuration(value: Json, path: string, release: number, before: Value | undefined): Value | undefined {
  if (typeof value === "string" && release >= 28) return duration(value, path);
  if (value === null) return typeof before === "bigint" ? nanoseconds(before) : undefined;
  const parsed = isNumber(value) ? parseDecimal(value.number, 64) : undefined;
  return nanoseconds(parsed ?? mistyped(value, path, "nanoseconds"));
}

function nanoseconds(duration: bigint): Value {
  return { json: { number: String(duration) } };
}

/** Source: k8s.io/apimachinery/pkg/api/resource Quantity.UnmarshalJSON, which trims blanks. */
function quantity(value: Json, path: string): string {
  const text = isNumber(value) ? value.number : value;
  const canonical = typeof text === "string" ? canonicalQuantity(text.trim()) : undefined;
  return canonical ?? mistyped(value, path, "a quantity");
}

function isTime(text: string): boolean {
  return /^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)$/.test(text);
}

function zero(kind: Kind): Value {
  return kind === "bool" ? false : kind === "string" ? "" : kind === "quantity" ? "0" : 0;
}

function mistyped(value: Json, path: string, wanted: string): never {
  throw wrongType(value, path, wanted);
}

function wrongType(value: Json, path: string, wanted: string): MalformedDocument {
  return new MalformedDocument(`${path} must be ${wanted}, not ${inWords(value)}`);
}

/** A short description of a value for an error message. */
function inWords(value: Json): string {
  if (isObject(value)) return "an object";
  if (isList(value)) return "a list";
  return (isNumber(value) ? value.number : JSON.stringify(value)).slice(0, 60);
}
