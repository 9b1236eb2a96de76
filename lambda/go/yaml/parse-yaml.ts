import {
  deepestNesting,
  type JsonFrom,
  MalformedDocument,
  type MemberFrom,
  tooDeep,
  UnsupportedDocument,
} from "../json.ts";
import { decodeText } from "./characters.ts";
import { type Alias, type Mapping, parseDocument, type Scalar, type YamlNode } from "./parser.ts";
import { identityOf, nameOf, type Plain, resolveScalar, scalarToJson } from "./scalars.ts";

/** One YAML document as JSON, and a key that one of its mappings repeats, if any. */
interface YamlDocument<From> {
  json: JsonFrom<From>;
  repeatedKey?: string;
}

/**
 * Converts YAML to JSON as sigs.k8s.io/yaml does with go-yaml v2. Only the first document counts, `<<` merges mappings,
 * and the last value of a repeated key replaces the others.
 *
 * This parser is written by hand, because the npm package yaml reads YAML 1.2 and go-yaml does not. With that package
 * 320 of the 1,337 documents of go-yaml's corpus have another result, among them 31 of the 72 KubeletConfigurations.
 */
export function parseYaml<From>(content: Buffer, from: From): YamlDocument<From> {
  const node = parseDocument(decodeText(content));
  if (node === undefined) return { json: null };
  const decoding: Decoding = { open: new Set(), aliasDepth: 0, nodes: 1, aliased: 0 };
  const value = decode(node, decoding, 0);
  return {
    json: toJson(value, from),
    ...(decoding.repeatedKey !== undefined && { repeatedKey: decoding.repeatedKey }),
  };
}

/** A value in go-yaml. Not every value has a JSON form; only the values in the final result must have one. */
type Value = Plain | { items: readonly Value[] } | { entries: Entries };
type Entries = Map<string | symbol, { key: Plain; value: Value }>;

interface Decoding {
  /** Aliases that are being followed. With them the parser finds an anchor that contains itself. */
  readonly open: Set<Alias>;
  aliasDepth: number;
  nodes: number;
  aliased: number;
  repeatedKey?: string;
}

function decode(node: YamlNode, decoding: Decoding, depth: number): Value {
  if (depth > deepestNesting) throw tooDeep();
  countNode(decoding);
  switch (node.kind) {
    case "alias":
      return follow(node, decoding, (target) => decode(target, decoding, depth + 1));
    case "sequence":
      return { items: node.items.map((item) => decode(item, decoding, depth + 1)) };
    case "mapping":
      return { entries: decodeEntries(node, new Map(), decoding, depth + 1) };
    case "scalar":
      return resolveScalar(node);
  }
}

/** Adds entries and merges in the order of the text, so that a later entry replaces an earlier one. */
function decodeEntries(mapping: Mapping, entries: Entries, decoding: Decoding, depth: number): Entries {
  for (const [keyNode, valueNode] of mapping.entries) {
    if (keyNode.kind === "scalar" && isMergeKey(keyNode)) {
      merge(valueNode, entries, decoding, depth);
      continue;
    }
    const key = decode(keyNode, decoding, depth);
    if (isCollection(key)) throw new MalformedDocument("not YAML: a key is a collection");
    const identity = identityOf(key);
    const value = decode(valueNode, decoding, depth);
    if (entries.has(identity)) decoding.repeatedKey ??= nameOf(key) ?? "a key";
    entries.set(identity, { key, value });
  }
  return entries;
}

function isCollection(value: Value): value is Exclude<Value, Plain> {
  return typeof value === "object" && value !== null && ("items" in value || "entries" in value);
}

function isMergeKey({ text, tag, implicit }: Scalar): boolean {
  return text === "<<" && (implicit || tag === "tag:yaml.org,2002:merge");
}

/**
 * `<<` merges a mapping, an alias of a mapping, or a list of these. In a list, earlier mappings override later ones.
 */
function merge(node: YamlNode, entries: Entries, decoding: Decoding, depth: number): void {
  const sources = node.kind === "sequence" ? node.items.toReversed() : [node];
  for (const source of sources) {
    const mapping = source.kind === "alias" ? source.target : source;
    if (mapping.kind !== "mapping") throw new MalformedDocument("not YAML: << needs a mapping");
    if (depth > deepestNesting) throw tooDeep();
    countNode(decoding);
    if (source.kind !== "alias") decodeEntries(mapping, entries, decoding, depth + 1);
    else {
      follow(source, decoding, () => {
        countNode(decoding);
        return decodeEntries(mapping, entries, decoding, depth + 1);
      });
    }
  }
}

function follow<T>(alias: Alias, decoding: Decoding, read: (target: YamlNode) => T): T {
  if (decoding.open.has(alias)) throw new MalformedDocument(`not YAML: anchor ${alias.name} contains itself`);
  decoding.open.add(alias);
  decoding.aliasDepth++;
  const result = read(alias.target);
  decoding.aliasDepth--;
  decoding.open.delete(alias);
  return result;
}

/**
 * Maximum nodes after the expansion of aliases. The kubelet's decoder allows more, with a stricter ratio of aliases.
 */
const mostNodes = 400_000;

/**
 * go-yaml rejects a document with more than 1,000 nodes if more than 99 of 100 are repetitions through aliases.
 * Source: go-yaml v2 decode.go, allowedAliasRatio.
 */
function countNode(decoding: Decoding): void {
  decoding.nodes++;
  if (decoding.aliasDepth > 0) decoding.aliased++;
  if (decoding.aliased > 100 && decoding.nodes > 1_000 && decoding.aliased / decoding.nodes > 0.99) {
    throw new MalformedDocument("not YAML: document contains excessive aliasing");
  }
  if (decoding.nodes > mostNodes) {
    throw new UnsupportedDocument(
      `A configuration file has more than ${mostNodes} values after its aliases are expanded.`,
      "Remove the aliases from the kubelet's configuration.",
    );
  }
}

/** Keys become text, so that the YAML keys `1` and `"1"` become one JSON name. */
function toJson<From>(value: Value, from: From): JsonFrom<From> {
  if (!isCollection(value)) return scalarToJson(value);
  if ("items" in value) return { items: value.items.map((item) => toJson(item, from)) };
  const members = new Map<string, MemberFrom<From>>();
  for (const { key, value: inner } of value.entries.values()) {
    const name = nameOf(key);
    if (name === undefined) throw new MalformedDocument("not YAML: a key is null or an integer of more than 64 bits");
    members.set(name, { name, value: toJson(inner, from), from });
  }
  return { members: [...members.values()] };
}
