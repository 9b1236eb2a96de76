import type { Scalar } from "yaml";
import { parseInteger } from "./go-values.ts";
import { isNumber, type Json, MalformedDocument } from "./json.ts";

/**
 * What go-yaml v2 makes of a scalar (resolve.go): YAML 1.1 booleans and numbers, but no base 60; a timestamp without
 * a tag stays text, and so does everything quoted.
 */
const words = new Map<string, Json>([
  ...["", "~", "null", "Null", "NULL"].map((word) => [word, null] as const),
  ...["y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"].map((word) => [word, true] as const),
  ...["n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"].map((word) => [word, false] as const),
]);

/** Floats that no JSON can say, so that the conversion to JSON fails. */
const notInJson = /^(\.nan|\.NaN|\.NAN|[-+]?(\.inf|\.Inf|\.INF))$/;
const float = /^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$/;
const namespace = "tag:yaml.org,2002:";

export function resolveScalar(scalar: Scalar): Json {
  const text = scalar.source ?? "";
  if (scalar.tag === undefined) return scalar.type === "PLAIN" ? resolvePlain(text) : text;
  switch (scalar.tag) {
    case `${namespace}binary`:
      return Buffer.from(text, "base64").toString();
    case `${namespace}bool`:
      return tagged(text, (json) => typeof json === "boolean");
    case `${namespace}null`:
      return tagged(text, (json) => json === null);
    case `${namespace}int`:
      return tagged(text, (json) => isNumber(json) && !/[.e]/.test(json.number));
    case `${namespace}float`:
      return tagged(text, isNumber);
    default:
      return text;
  }
}

function tagged(text: string, fits: (json: Json) => boolean): Json {
  const json = resolvePlain(text);
  if (!fits(json))
    throw new MalformedDocument(`not YAML: ${JSON.stringify(text.slice(0, 60))} is not what its tag says`);
  return json;
}

function resolvePlain(text: string): Json {
  const word = words.get(text);
  if (word !== undefined) return word;
  if (notInJson.test(text)) throw new MalformedDocument(`${text} has no place in JSON`);
  if (!/^[-+.0-9]/.test(text)) return text;
  const digits = text.startsWith(".") ? text : text.replaceAll("_", "");
  const integer = parseInteger(digits, 64);
  if (integer !== undefined) return { number: integer.toString() };
  // Numbers print alike in Go's JSON and in JavaScript: 1e3 becomes 1000, which then passes for an integer.
  return float.test(digits) && Number.isFinite(Number(digits)) ? { number: String(Number(digits)) } : text;
}

export function isMergeKey(key: Scalar): boolean {
  return key.source === "<<" && (key.type === "PLAIN" || key.tag === `${namespace}merge`);
}

/** A mapping key as a JSON name. */
export function keyText(key: Json): string {
  if (typeof key === "string") return key;
  if (typeof key === "boolean") return String(key);
  if (isNumber(key)) return key.number;
  throw new MalformedDocument("not YAML for the kubelet: a key is null or a collection");
}
