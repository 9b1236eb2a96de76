import { isList, isNumber, isObject } from "../go/json.ts";
import type { Json, JsonObject, Source } from "./configuration.ts";
import type { Names } from "./decode.ts";
import { goName, isFolded, leaves } from "./fields.ts";

/** A file that contributes to a configuration, and how its names are matched. */
export interface ReadDocument {
  json: JsonObject;
  from: Source;
  names: Names;
}

/** The value of a document at a path, as a plain value for people. It is also null if a parent of the path is null. */
export interface Mention {
  value: unknown;
}

/** The last mention of a path in a document, if there is one. */
export function mentions({ json, names }: Pick<ReadDocument, "json" | "names">, path: string): Mention | undefined {
  return find(json, namesOfLeaves.get(path) ?? namesIn(path), 0, names);
}

const namesOfLeaves: ReadonlyMap<string, readonly string[]> = new Map(
  leaves.keys().map((path) => [path, path.split(".")]),
);

/** The key of a map entry can contain dots. */
function namesIn(path: string): readonly string[] {
  const dot = path.indexOf(".");
  const isEntry = leaves.get(path.slice(0, dot))?.shape.startsWith("map");
  return isEntry ? [path.slice(0, dot), path.slice(dot + 1)] : path.split(".");
}

function find(value: Json, path: readonly string[], depth: number, names: Names): Mention | undefined {
  const name = path[depth];
  if (name === undefined) return { value: plain(value) };
  if (value === null) return { value };
  if (!isObject(value)) return undefined;
  const wanted = names === "internal" ? goName(name) : name;
  let mention: Mention | undefined;
  for (const member of value.members) {
    if (isName(member.name, wanted, names)) mention = find(member.value, path, depth + 1, names) ?? mention;
  }
  return mention;
}

function isName(written: string, wanted: string, names: Names): boolean {
  return written === wanted || (names !== "exact" && isFolded(written, wanted));
}

function plain(value: Json): unknown {
  if (isNumber(value)) return Number(value.number);
  if (isList(value)) return value.items.map(plain);
  return isObject(value) ? {} : value;
}
