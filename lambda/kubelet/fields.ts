import table from "./fields.json" with { type: "json" };

/** "struct" has fields of its own, "timeOrDuration" is a duration or a number of nanoseconds, "any" is not checked. */
export type Kind = (typeof kinds)[number];
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
  "struct",
  "any",
] as const;

export interface StructField {
  name: string;
  path: string;
  since: number;
  fields: readonly Field[];
  byName: ReadonlyMap<string, Field>;
  byFoldedName: ReadonlyMap<string, Field>;
  /** Fields by their folded name in the kubelet's internal type. */
  byGoName: ReadonlyMap<string, Field>;
}

export interface LeafField {
  name: string;
  /** Dotted path in the configuration file. */
  path: string;
  kind: Kind;
  /**
   * The type of a struct that is a list element or can be absent. The configuration keeps such a struct as one entry.
   */
  object?: StructField;
  shape: "one" | "list" | "map" | "map of lists";
  pointer: boolean;
  /** Without `omitempty`: written even when it is zero. */
  always: boolean;
  /** The minor number of the first release that has the field. */
  since: number;
  /** The defaults as text, each with the first minor that has it. */
  defaults: readonly { since: number; text: string; gate?: string }[];
}

export type Field = StructField | LeafField;

type Lines = readonly (readonly [path: string, line: string])[];

/** The struct with the fields in these lines of fields.json. Paths of fields of list elements contain "[]". */
function struct(name: string, path: string, lines: Lines): StructField {
  const groups = Map.groupBy(lines, ([known]) => known.split(/[.[]/, 1)[0] ?? "");
  const fields = [...groups].map(([inner, group]): Field => {
    const below = path === "" ? inner : `${path}.${inner}`;
    const own = group.find(([known]) => known === inner)?.[1];
    const inside = group.flatMap(([known, line]) =>
      known === inner ? [] : [[known.slice(known.indexOf(".") + 1), line] as const],
    );
    if (own === undefined) return struct(inner, below, inside);
    const field = leaf(inner, below, own);
    return inside.length > 0 ? { ...field, object: struct("", "", inside) } : field;
  });
  return {
    name,
    path,
    since: Math.min(...fields.map((field) => field.since)),
    fields,
    byName: new Map(fields.map((field) => [field.name, field])),
    byFoldedName: new Map(fields.map((field) => [fold(field.name), field])),
    byGoName: new Map(fields.map((field) => [fold(goName(field.name)), field])),
  };
}

const typeSyntax = /^(?<pointer>\*?)(?<brackets>(?:map\[string\])?(?:\[\])?)(?<word>\w+)(?<always>!?)$/;
const stepSyntax = /^(?<since>\d+):(?<text>.*?)(?:\((?<gate>\w+)\))?$/;
const shapes = new Map([
  ["", "one"],
  ["[]", "list"],
  ["map[string]", "map"],
  ["map[string][]", "map of lists"],
] as const);

function leaf(name: string, path: string, line: string): LeafField {
  const [type = "", ...steps] = line.split(" ");
  const { pointer, brackets, word, always } = typeSyntax.exec(type)?.groups ?? {};
  const kind = kinds.find((known) => known === word);
  const shape = [...shapes].find(([text]) => text === brackets)?.[1];
  if (kind === undefined || shape === undefined) throw new TypeError(`There is no type "${type}".`);
  const defaults = steps.map((step) => {
    const { since, text = "", gate } = stepSyntax.exec(step)?.groups ?? {};
    return { since: Number(since), text, ...(gate && { gate }) };
  });
  const since = defaults[0]?.since ?? 0;
  return { name, path, kind, shape, pointer: pointer === "*", always: always === "!", since, defaults };
}

export function leavesOf(field: Field): LeafField[] {
  return "fields" in field ? field.fields.flatMap(leavesOf) : [field];
}

/**
 * Go's encoding/json ignores letter case in names. It also reads the long s (U+017F) as s and the Kelvin sign (U+212A)
 * as k. Source: go.dev/src/encoding/json/fold.go.
 */
export function fold(name: string): string {
  const lower = name.toLowerCase(); // already turns the Kelvin sign into k
  return lower.includes("\u017f") ? lower.replaceAll("\u017f", "s") : lower;
}

/** Whether Go's encoding/json takes `written` for the field `name`. Most names already differ in length. */
export function isFolded(written: string, name: string): boolean {
  return written.length === name.length && fold(written) === fold(name);
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

/**
 * The whole KubeletConfiguration (kubelet.config.k8s.io/v1beta1). A value of a wrong type stops the kubelet in any
 * field, so the table has all fields. fields.json has one line per field: its Go type ("*" is a pointer, "!" is written
 * even when zero), then its default from each minor that changed it: "*bool 31:false 35:true" is unknown before 1.31. A
 * gate in parentheses must be on for the default. Source: kubernetes staging/src/k8s.io/kubelet/config/v1beta1/types.go
 * and pkg/kubelet/apis/config/v1beta1/defaults.go; docs/kubernetes-versions.md describes how the table is made.
 */
export const root = struct("", "", Object.entries(table));

/** Every field without fields of its own, by its path. */
export const leaves: ReadonlyMap<string, LeafField> = new Map(leavesOf(root).map((field) => [field.path, field]));
