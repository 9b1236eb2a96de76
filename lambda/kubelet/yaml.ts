import { type Alias, Composer, type CST, isAlias, isMap, isPair, isScalar, isSeq, Parser, type YAMLMap } from "yaml";
import type { Source } from "./configuration.ts";
import { deepestNesting, type Json, MalformedDocument, tooDeep } from "./json.ts";
import { CannotTell } from "./problems.ts";
import { isMergeKey, keyText, resolveScalar } from "./yaml-scalars.ts";

/** What one YAML document says as JSON, and whether some mapping repeats a key. */
interface YamlDocument {
  json: Json;
  repeatedKey?: string;
}

/**
 * YAML as sigs.k8s.io/yaml makes JSON of it (go-yaml v2, YAML 1.1): only the first document counts, `<<` merges, and
 * of a repeated key the last value replaces the others. The yaml package reads the syntax; every scalar keeps its text
 * until yaml-scalars.ts gives it the meaning that go-yaml gives it.
 */
export function parseYaml(text: string, from: Source): YamlDocument {
  const document = firstDocument(text);
  if (!document?.contents) return { json: null };
  const [mistake] = document.errors;
  if (mistake) throw new MalformedDocument(`not YAML: ${mistake.message.split("\n")[0]}`);
  const { explicit, version } = document.directives.yaml;
  if (explicit && version !== "1.1") throw new MalformedDocument(`not YAML 1.1 but ${version}`);
  const reading: Reading = { from, targets: anchored(document.contents), open: new Set(), nodes: 0, aliased: 0 };
  const json = toJson(document.contents, reading, 0);
  return { json, ...(reading.repeatedKey !== undefined && { repeatedKey: reading.repeatedKey }) };
}

/** The tokens are produced as they are asked for: mistakes in later documents are never seen, as go-yaml has it. */
function firstDocument(text: string) {
  const composer = new Composer({ version: "1.1", schema: "failsafe", uniqueKeys: false, merge: false });
  const [document] = composer.compose(shallow(new Parser().parse(text)), true, text.length);
  return document;
}

/** The composer recurses, so depth is limited before it starts. */
function* shallow(tokens: Iterable<CST.Token>): Generator<CST.Token> {
  for (const token of tokens) {
    let level = token.type === "document" && token.value ? [token.value] : [];
    for (let depth = 0; level.length > 0; depth++) {
      if (depth > deepestNesting) throw tooDeep();
      level = level.flatMap((inner) =>
        "items" in inner ? inner.items.flatMap(({ key, value }) => [key, value]).filter((one) => !!one) : [],
      );
    }
    yield token;
  }
}

type Node = unknown;

/** The node that each alias means: the nearest one before it that carries the anchor. */
function anchored(contents: Node): ReadonlyMap<Alias, Node> {
  const anchors = new Map<string, Node>();
  const targets = new Map<Alias, Node>();
  const walk = (node: Node): void => {
    if (isAlias(node)) {
      if (!anchors.has(node.source)) throw new MalformedDocument(`not YAML: unknown anchor ${node.source}`);
      targets.set(node, anchors.get(node.source));
    } else if (isScalar(node) || isMap(node) || isSeq(node)) {
      if (node.anchor) anchors.set(node.anchor, node);
      if (!isScalar(node)) node.items.forEach(walk);
    } else if (isPair(node)) {
      walk(node.key);
      walk(node.value);
    }
  };
  walk(contents);
  return targets;
}

interface Reading {
  readonly from: Source;
  readonly targets: ReadonlyMap<Alias, Node>;
  /** Anchored nodes being expanded: an anchor may not contain itself. */
  readonly open: Set<Node>;
  nodes: number;
  aliased: number;
  repeatedKey?: string;
}

function toJson(node: Node, reading: Reading, depth: number): Json {
  if (depth > deepestNesting) throw tooDeep();
  countNode(reading);
  if (isAlias(node)) return throughAlias(node, reading, (target) => toJson(target, reading, depth + 1));
  if (isMap(node)) {
    const values = mapping(node, new Map(), reading, depth + 1);
    return { members: [...values].map(([name, value]) => ({ name, value, from: reading.from })) };
  }
  if (isSeq(node)) return { items: node.items.map((item) => toJson(item, reading, depth + 1)) };
  return isScalar(node) ? resolveScalar(node) : null;
}

/** In the order of the text, merges included: what comes later replaces what came before. */
function mapping(map: YAMLMap, values: Map<string, Json>, reading: Reading, depth: number): Map<string, Json> {
  for (const { key, value } of map.items) {
    if (isScalar(key) && isMergeKey(key)) merge(value, values, reading, depth);
    else {
      const name = keyText(toJson(key, reading, depth));
      if (values.has(name)) reading.repeatedKey ??= name;
      values.set(name, value === null ? null : toJson(value, reading, depth));
    }
  }
  return values;
}

/** `<<` takes a mapping, an alias of one, or a list of these, of which the first has the last word. */
function merge(node: Node, values: Map<string, Json>, reading: Reading, depth: number): void {
  if (depth > deepestNesting) throw tooDeep();
  countNode(reading);
  if (isAlias(node)) throughAlias(node, reading, (target) => merge(target, values, reading, depth + 1));
  else if (isMap(node)) mapping(node, values, reading, depth + 1);
  else if (isSeq(node)) for (const item of node.items.toReversed()) merge(item, values, reading, depth + 1);
  else throw new MalformedDocument("not YAML: << needs a mapping");
}

function throughAlias<T>(alias: Alias, reading: Reading, read: (target: Node) => T): T {
  const target = reading.targets.get(alias);
  if (reading.open.has(target)) throw new MalformedDocument(`not YAML: anchor ${alias.source} contains itself`);
  reading.open.add(target);
  const result = read(target);
  reading.open.delete(target);
  return result;
}

/** Nodes this auditor expands aliases to; the kubelet's decoder follows further, but tightens its own limit from here. */
const mostNodes = 400_000;

/**
 * A document whose nodes are nearly all repetitions by alias is refused: more than 99 of 100 among more than 1,000.
 * Source: go-yaml v2 decode.go, allowedAliasRatio.
 */
function countNode(reading: Reading): void {
  reading.nodes++;
  if (reading.open.size > 0) reading.aliased++;
  if (reading.aliased > 100 && reading.nodes > 1_000 && reading.aliased > 0.99 * reading.nodes) {
    throw new MalformedDocument("not YAML: document contains excessive aliasing");
  }
  if (reading.nodes > mostNodes) {
    throw new CannotTell({
      code: "EVIDENCE_INCOMPLETE",
      because: `A configuration file grows beyond ${mostNodes} values through its aliases.`,
      fix: "Remove the aliases from the kubelet's configuration.",
    });
  }
}
