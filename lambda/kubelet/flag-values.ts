import { KubeletRefuses } from "../domain/problems.ts";
import { parseBool, parseDecimal, parseDuration, parseInteger } from "../go/values.ts";
import type { FlagUse } from "./argv.ts";
import type { Value } from "./configuration.ts";

/** A flag's value as its type reads it, or a refusal. What is not modelled is taken as it is. */
export function readFlag(use: FlagUse): Value {
  const value = parseValue(use);
  if (value === undefined) {
    throw new KubeletRefuses(`invalid argument ${JSON.stringify(use.value)} for "--${use.name}" flag (${use.type})`);
  }
  return value;
}

function parseValue({ name, type, value }: FlagUse): Value | undefined {
  switch (type) {
    case "bool":
      return parseBool(value);
    case "int32":
      return number(parseInteger(value, 32));
    case "int":
      return number(parseInteger(value, 64));
    case "Level":
      return number(parseDecimal(value.replace(/^\+(?=\d)/, ""), 32));
    case "duration":
      return parseDuration(value);
    case "strings":
      return splitList(value);
    case "mapStringBool":
      return parsePairs(value, "=")?.every(([, word]) => parseBool(word) !== undefined) ? value : undefined;
    case "mapStringString":
      return parsePairs(value, separators.get(name) ?? "=") && value;
    case "colonSeparatedMultimapStringString":
      return parsePairs(value, ":") && value;
    case "ip":
      return value === "" || isAddress(value.trim()) ? value : undefined;
    case "version":
      return value === "raw" || value.startsWith("v") || parseBool(value) !== undefined ? value : undefined;
    default:
      return value;
  }
}

/**
 * Thresholds are written memory.available<100Mi, and a node label may do without a value.
 * Source: k8s.io/component-base/cli/flag LangleSeparatedMapStringString, ConfigurationMap.
 */
const separators: ReadonlyMap<string, Separator> = new Map([
  ["eviction-hard", "<"],
  ["eviction-soft", "<"],
  ["node-labels", ""],
]);

/** Between key and value; "" where none is needed. */
type Separator = "=" | ":" | "<" | "";

function number(value: bigint | undefined): number | undefined {
  return value === undefined ? undefined : Number(value);
}

/** Four numbers up to 255, leading zeros and all (k8s.io/utils/net ParseIPSloppy); IPv6 is only looked at roughly. */
function isAddress(text: string): boolean {
  if (text.includes(":")) return /^[0-9a-fA-F:.]+$/.test(text);
  const numbers = text.split(".");
  return numbers.length === 4 && numbers.every((part) => /^\d+$/.test(part) && Number(part) <= 255);
}

/** `--feature-gates=A=true, B=false`: what it switches, in order. */
export function switchesIn({ value }: FlagUse): (readonly [gate: string, on: boolean])[] {
  return (parsePairs(value, "=") ?? []).map(([gate, word]) => [gate, parseBool(word) === true]);
}

/**
 * Pairs between commas, trimmed; empty ones are skipped. undefined: one has no separator.
 * Source: k8s.io/component-base/cli/flag MapStringBool.Set, MapStringString.Set.
 */
function parsePairs(text: string, separator: Separator): (readonly [string, string])[] | undefined {
  const pairs = text.split(",").filter((pair) => pair !== "");
  if (!pairs.every((pair) => pair.includes(separator))) return undefined;
  return pairs.map((pair) => {
    const at = pair.indexOf(separator);
    return [pair.slice(0, at).trim(), pair.slice(at + 1).trim()];
  });
}

/** One line of comma separated values, with quotes as RFC 4180 has them; undefined: misplaced quotes. Source: encoding/csv. */
function splitList(text: string): string[] | undefined {
  if (text === "") return [];
  const fields: string[] = [];
  const line = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|$)/y;
  for (let separator: string | undefined = ","; separator === ","; ) {
    const [, quoted, bare = "", after] = line.exec(text) ?? [];
    if (after === undefined) return undefined;
    fields.push(quoted?.replaceAll('""', '"') ?? bare);
    separator = after;
  }
  return fields;
}
