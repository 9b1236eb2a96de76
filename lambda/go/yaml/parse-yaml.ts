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

/** What one YAML document says as JSON, and whether some mapping repeats a key. */
interface YamlDocument<From> {
  json: JsonFrom<From>;
  repeatedKey?: string;
}

/**
 * YAML as sigs.k8s.io/yaml makes JSON of it, with go-yaml v2: only the first document counts, `<<` merges, and of a
 * repeated key the last value replaces the others.
 *
 * This reader is written by hand because the npm package yaml reads YAML 1.2 and go-yaml does not: with that package in
 * its place 320 of the 1,337 documents of go-yaml's corpus differ, 31 of the 72 KubeletConfigurations among them.
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

/** A value as go-yaml holds it. Whether JSON can say it is asked only of what remains in the end. */
type Value = Plain | { items: readonly Value[] } | { entries: Entries };
type Entries = Map<string | symbol, { key: Plain; value: Value }>;

interface Decoding {
  /** Aliases being followed: an anchor may not contain itself. */
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

/** In the order of the text, merges included: what comes later replaces what came before. */
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

/** `<<` takes a mapping, an alias of one, or a list of these, of which the first has the last word. */
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

/** Nodes this auditor expands aliases to; the kubelet's decoder follows further, but tightens its own limit from here. */
const mostNodes = 400_000;

/**
 * A document whose nodes are nearly all repetitions by alias is refused: more than 99 of 100 among more than 1,000.
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
      `A configuration file grows beyond ${mostNodes} values through its aliases.`,
      "Remove the aliases from the kubelet's configuration.",
    );
  }
}

/** Keys become text: `1` and `"1"` are two keys to YAML and one name to JSON. */
function toJson<From>(value: Value, from: From): JsonFrom<From> {
  if (!isCollection(value)) return scalarToJson(value);
  if ("items" in value) return { items: value.items.map((item) => toJson(item, from)) };
  const members = new Map<string, MemberFrom<From>>();
  for (const { key, value: inner } of value.entries.values()) {
    const name = nameOf(key);
    if (name === undefined) throw new MalformedDocument("not YAML for the kubelet: a key is null or beyond 64 bits");
    members.set(name, { name, value: toJson(inner, from), from });
  }
  return { members: [...members.values()] };
}
