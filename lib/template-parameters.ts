import { isDeepStrictEqual } from "node:util";

/** A part of a CloudFormation template. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
export type JsonObject = { readonly [key: string]: Json };

const noValue = { Ref: "AWS::NoValue" };
const isObject = (part: Json | undefined): part is JsonObject =>
  typeof part === "object" && part !== null && !Array.isArray(part);

/**
 * Merges two templates into one in which `condition` selects the differing parts. Resources and outputs get a
 * `Condition`.
 */
export function conditional(condition: string, then: JsonObject, otherwise: JsonObject): JsonObject {
  const sections = (name: string) => name === "Resources" || name === "Outputs";
  return join(then, otherwise, (name, one, other) =>
    sections(name) && isObject(one) && isObject(other)
      ? join(one, other, (_, its, others) => {
          if (its !== undefined && others !== undefined) return either(condition, its, others);
          if (isObject(its)) return { ...its, Condition: condition };
          throw new Error(
            `A part of "${name}" exists only if the condition ${condition} is false. This is not supported.`,
          );
        })
      : either(condition, one, other),
  );
}

/** Replaces the smallest differing parts by Fn::If. */
function either(condition: string, one: Json | undefined, other: Json | undefined): Json {
  if (one !== undefined && isDeepStrictEqual(one, other)) return one;
  const isFunction = (part: JsonObject) => Object.keys(part).some((key) => key === "Ref" || key.startsWith("Fn::"));
  if (isObject(one) && isObject(other) && !isFunction(one) && !isFunction(other))
    return join(one, other, (_, its, others) => either(condition, its, others));
  return { "Fn::If": [condition, one ?? noValue, other ?? noValue] };
}

function join(
  one: JsonObject,
  other: JsonObject,
  merge: (key: string, one: Json | undefined, other: Json | undefined) => Json,
): JsonObject {
  const keys = new Set([...Object.keys(one), ...Object.keys(other)]);
  return Object.fromEntries([...keys].map((key) => [key, merge(key, one[key], other[key])]));
}

/**
 * Merges one template per value of a parameter into a single template. Differing leaves become lookups in a mapping
 * with the parameter's name. The templates must have the same structure.
 */
export function mapped(parameter: string, choices: Readonly<Record<string, JsonObject>>): JsonObject {
  const names = Object.keys(choices);
  const rows = names.map((): Record<string, Json> => ({}));
  const walk = (parts: readonly Json[], path: readonly string[]): Json => {
    const [first = null] = parts;
    if (parts.every((part) => isDeepStrictEqual(part, first))) return first;
    if (parts.every(Array.isArray) && new Set(parts.map((part) => part.length)).size === 1)
      return (first as readonly Json[]).map((_, index) =>
        walk(
          parts.map((part) => part[index]),
          [...path, String(index)],
        ),
      );
    if (parts.every(isObject) && new Set(parts.map((part) => Object.keys(part).join())).size === 1)
      return Object.fromEntries(
        Object.keys(first as JsonObject).map((key) => [
          key,
          walk(
            parts.map((part) => (part as JsonObject)[key] ?? null),
            [...path, key],
          ),
        ]),
      );
    if (parts.some((part) => typeof part === "object"))
      throw new Error(
        `The structure of ${path.join("/")} depends on the parameter ${parameter}. This is not supported.`,
      );
    const column = path.join("").replaceAll(/[^\dA-Za-z]/g, "");
    for (const [index, row] of rows.entries()) row[column] = parts[index] ?? null;
    return { "Fn::FindInMap": [parameter, { Ref: parameter }, column] };
  };
  const template = walk(Object.values(choices), []) as JsonObject;
  return {
    ...template,
    Mappings: {
      ...(template.Mappings as JsonObject | undefined),
      [parameter]: Object.fromEntries(names.map((name, index) => [name, rows[index] ?? {}])),
    },
  };
}

/** Replaces `sentinel`, alone or within a string, by `value`. */
export function substituted(template: JsonObject, sentinel: string | number, value: JsonObject): JsonObject {
  const within = (part: string): Json => {
    const texts = part.split(String(sentinel));
    if (texts.length === 1) return part;
    const pieces = texts.flatMap((text, index): Json[] => [...(index > 0 ? [value] : []), ...(text ? [text] : [])]);
    return pieces.length === 1 ? value : { "Fn::Join": ["", pieces] };
  };
  const walk = (part: Json): Json => {
    if (part === sentinel) return value;
    if (typeof part === "string") return within(part);
    if (Array.isArray(part)) return part.map(walk);
    return isObject(part) ? Object.fromEntries(Object.entries(part).map(([key, inner]) => [key, walk(inner)])) : part;
  };
  return walk(template) as JsonObject;
}
