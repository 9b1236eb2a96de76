import { kubeletConfiguration, objectTypes } from "./field-types.ts";

/** "object" has fields of its own, "timeOrDuration" is a duration or a number of nanoseconds, "any" is not looked at. */
export type Kind = (typeof kinds)[number] | "object";
const kinds = [
  "bool",
  "string",
  "int32",
  "int64",
  "uint32",
  "float64",
  "duration",
  "timeOrDuration",
  "time",
  "quantity",
  "any",
] as const;

export interface StructField {
  name: string;
  path: string;
  since: number;
  fields: readonly Field[];
  byName: ReadonlyMap<string, Field>;
  byFoldedName: ReadonlyMap<string, Field>;
}

export interface LeafField {
  name: string;
  /** Dotted path in the configuration file. */
  path: string;
  kind: Kind;
  /** Of an object. */
  object?: StructField;
  shape: "one" | "list" | "map" | "map of lists";
  pointer: boolean;
  /** The first release that knows the field, as a minor number. */
  since: number;
}

export type Field = StructField | LeafField;

interface Types {
  readonly [name: string]: string | Types;
}

function struct(name: string, path: string, types: Types): StructField {
  const fields = Object.entries(types).map(([inner, type]) => {
    const below = path === "" ? inner : `${path}.${inner}`;
    return typeof type === "string" ? leaf(inner, below, type) : struct(inner, below, type);
  });
  return {
    name,
    path,
    since: Math.min(...fields.map((field) => field.since)),
    fields,
    byName: new Map(fields.map((field) => [field.name, field])),
    byFoldedName: new Map(fields.map((field) => [fold(field.name), field])),
  };
}

const typeSyntax = /^(?:since 1\.(?<since>\d+): )?(?<pointer>\*?)(?<shape>(?:map\[string\])?(?:\[\])?)(?<kind>\w+)$/;
const shapes = new Map([
  ["", "one"],
  ["[]", "list"],
  ["map[string]", "map"],
  ["map[string][]", "map of lists"],
] as const);

function leaf(name: string, path: string, type: string): LeafField {
  const { since = "0", pointer, shape: brackets, kind: word } = typeSyntax.exec(type)?.groups ?? {};
  const object = Object.entries(objectTypes).find(([known]) => known === word)?.[1];
  const kind: Kind | undefined = object ? "object" : kinds.find((known) => known === word);
  const shape = [...shapes].find(([text]) => text === brackets)?.[1];
  if (kind === undefined || shape === undefined) throw new TypeError(`There is no type "${type}".`);
  const field = { name, path, kind, shape, pointer: pointer === "*", since: Number(since) };
  return object ? { ...field, object: struct("", "", object) } : field;
}

export function leavesOf(field: Field): LeafField[] {
  return "fields" in field ? field.fields.flatMap(leavesOf) : [field];
}

/**
 * Names that differ only in case are one name to Go's encoding/json, which also takes the long s (U+017F) and the
 * Kelvin sign (U+212A) for s and k. Source: go.dev/src/encoding/json/fold.go.
 */
export function fold(name: string): string {
  return name.toLowerCase().replaceAll("\u017f", "s"); // the Kelvin sign's lower case is k already
}

/**
 * The field's name in the kubelet's internal type, which has no JSON names of its own.
 * Source: kubernetes pkg/kubelet/apis/config/types.go.
 */
export function goName(name: string): string {
  if (name === "resolvConf") return "ResolverConfig";
  const initials = /^(tls|http|oom|cpu|qos|iptables)(?=[A-Z])/.exec(name)?.[0];
  if (initials === "iptables") return name.replace("iptables", "IPTables");
  return initials ? name.replace(initials, initials.toUpperCase()) : name.charAt(0).toUpperCase() + name.slice(1);
}

/** The whole KubeletConfiguration. */
export const root = struct("", "", kubeletConfiguration);

/** Every leaf by its path. */
export const leaves: ReadonlyMap<string, LeafField> = new Map(leavesOf(root).map((field) => [field.path, field]));
