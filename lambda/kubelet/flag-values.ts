import { KubeletRefuses } from "../domain/problems.ts";
import { isAddress } from "../go/ip.ts";
import { parseBool, parseDuration, parseInteger } from "../go/literals.ts";
import { canonicalQuantity } from "../go/quantity.ts";
import type { FlagUse } from "./argv.ts";
import { integerValue, type Value } from "./configuration.ts";
import { parseReservedMemory, parseTaints, parseVerbosity, parseVModule } from "./flag-grammars.ts";

/** The result of a flag: one value, the entries of a map, or undefined if the flag does not change its field. */
export type FlagValue = Value | Map<string, Value> | undefined;

/** A flag with its parsed value. */
export interface ReadFlag extends FlagUse {
  read: FlagValue;
}

/**
 * Parses a flag's value by its type. Throws if the kubelet would exit. A value whose type no check reads stays text.
 */
export function readFlag(use: FlagUse): ReadFlag {
  const read = parseValue(use);
  if (read === malformed) {
    throw new KubeletRefuses(`invalid argument ${JSON.stringify(use.value)} for "--${use.name}" flag (${use.type})`);
  }
  return { ...use, read };
}

const malformed = Symbol("malformed");

function parseValue({ name, type, value }: FlagUse): FlagValue | typeof malformed {
  switch (type) {
    case "bool":
      return parseBool(value) ?? malformed;
    case "int32":
      return number(parseInteger(value, 32));
    case "int":
      return number(parseInteger(value, 64));
    case "Level":
      return parseVerbosity(value) ?? malformed;
    case "duration":
      return parseDuration(value) ?? malformed;
    case "quantity":
      return canonicalQuantity(value) ?? malformed;
    case "strings":
      return splitList(value) ?? malformed;
    case "mapStringBool":
      return booleans(parsePairs(value, "="));
    case "mapStringString":
      return mapOf(parsePairs(value, separators.get(name) ?? "=")) ?? malformed;
    case "colonSeparatedMultimapStringString":
      return lists(parsePairs(value, ":"));
    case "ip":
      return value === "" ? undefined : isAddress(value) ? value : malformed;
    case "taints":
      return parseTaints(value) ?? malformed;
    case "reserved-memory":
      return value === "" ? undefined : (parseReservedMemory(value) ?? malformed);
    case "vmodule":
      return parseVModule(value) ?? malformed;
    case "version":
      return value === "raw" || value.startsWith("v") || parseBool(value) !== undefined ? value : malformed;
    default:
      return value;
  }
}

/**
 * Separators of key and value other than "=". A threshold is written memory.available<100Mi, and a node label may lack
 * its value. Source: k8s.io/component-base/cli/flag LangleSeparatedMapStringString, ConfigurationMap.
 */
const separators: ReadonlyMap<string, Separator> = new Map([
  ["eviction-hard", "<"],
  ["eviction-soft", "<"],
  ["node-labels", ""],
]);

/** Separates key and value; "" if no separator is required. */
type Separator = "=" | ":" | "<" | "";

function number(value: bigint | undefined): Value | typeof malformed {
  return value === undefined ? malformed : integerValue(value);
}

type Pairs = readonly (readonly [key: string, value: string])[];

function mapOf(pairs: Pairs | undefined): Map<string, Value> | undefined {
  return pairs && new Map(pairs);
}

function booleans(pairs: Pairs | undefined): Map<string, Value> | typeof malformed {
  const read = new Map<string, Value>();
  for (const [key, word] of pairs ?? []) {
    const on = parseBool(word);
    if (on === undefined) return malformed;
    read.set(key, on);
  }
  return pairs ? read : malformed;
}

/** Groups the values of repeated keys. */
function lists(pairs: Pairs | undefined): Map<string, Value> | typeof malformed {
  if (pairs === undefined) return malformed;
  const grouped = Map.groupBy(pairs, ([key]) => key);
  return new Map([...grouped].map(([key, values]) => [key, values.map(([, value]) => value)]));
}

/**
 * Splits text at commas into trimmed pairs and skips empty ones. Returns undefined if a pair has no separator.
 * Source: k8s.io/component-base/cli/flag MapStringBool.Set, MapStringString.Set.
 */
function parsePairs(text: string, separator: Separator): Pairs | undefined {
  const pairs = text.split(",").filter((pair) => pair !== "");
  if (!pairs.every((pair) => pair.includes(separator))) return undefined;
  return pairs.map((pair) => {
    const at = pair.indexOf(separator);
    return [pair.slice(0, at).trim(), pair.slice(at + 1).trim()];
  });
}

/**
 * Splits the first record of comma-separated values with the quotes of RFC 4180. Further lines are ignored. Returns
 * undefined if quotes are misplaced or all lines are empty. Source: encoding/csv Reader.Read.
 */
function splitList(text: string): string[] | undefined {
  if (text === "") return [];
  const lines = text.replaceAll("\r\n", "\n").replace(/\r$/, "").replace(/^\n+/, "");
  if (lines === "") return undefined;
  const fields: string[] = [];
  const line = /(?:"((?:[^"]|"")*)"|([^",\n]*))(,|\n|$)/y;
  for (let separator: string | undefined = ","; separator === ","; ) {
    const [, quoted, bare = "", after] = line.exec(lines) ?? [];
    if (after === undefined) return undefined;
    fields.push(quoted?.replaceAll('""', '"') ?? bare);
    separator = after;
  }
  return fields;
}
