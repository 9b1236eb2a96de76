import { deepestNesting, tooDeep } from "../json.ts";
import { malformed, type Text } from "./cursor.ts";
import { peek } from "./scanner.ts";
import { type Scanner, scannerOf, skip, type Token } from "./tokens.ts";

export type YamlNode = Scalar | Alias | Sequence | Mapping;
export interface Scalar {
  kind: "scalar";
  text: string;
  /** The full tag; "" without a tag. */
  tag: string;
  /** Whether the text decides the type, because the scalar is plain or has the tag "!". */
  implicit: boolean;
}
export interface Alias {
  kind: "alias";
  name: string;
  target: Exclude<YamlNode, Alias>;
}
export interface Sequence {
  kind: "sequence";
  items: YamlNode[];
}
export interface Mapping {
  kind: "mapping";
  entries: [key: YamlNode, value: YamlNode][];
}

interface Parser {
  readonly scanner: Scanner;
  /** Prefixes of tags, keyed by handle. */
  readonly handles: Map<string, string>;
  readonly anchors: Map<string, Exclude<YamlNode, Alias>>;
}

/**
 * Parses the first document of a stream; undefined if there is none. A document ends with its value, even without an
 * end mark. go-yaml reads only one token after the value, so it does not see later errors. Source: go-yaml v2
 * parserc.go and decode.go.
 */
export function parseDocument(text: Text): YamlNode | undefined {
  const scanner = scannerOf(text);
  const first = peek(scanner).type;
  if (first === "stream end") return undefined;
  const parser: Parser = { scanner, handles: readDirectives(scanner), anchors: new Map() };
  const explicit = first === "document start" || first === "version" || first === "tag directive";
  if (explicit) expect(scanner, "document start", "--- must follow the directives");
  const empty = explicit && ["document end", "stream end", ...beforeDocument].includes(peek(scanner).type);
  const node = empty ? nothing() : parseNode(parser, 0, "block");
  peek(scanner);
  return node;
}

const beforeDocument = ["version", "tag directive", "document start"];
const tagNamespace = "tag:yaml.org,2002:";

function readDirectives(scanner: Scanner): Map<string, string> {
  const handles = new Map<string, string>();
  let versions = 0;
  for (;;) {
    const token = peek(scanner);
    if (token.type === "version") {
      if (!token.is11 || ++versions > 1) throw malformed(scanner, "%YAML must be 1.1 and must not be repeated");
    } else if (token.type === "tag directive") {
      if (handles.has(token.handle)) throw malformed(scanner, `${token.handle} has two prefixes`);
      handles.set(token.handle, token.suffix);
    } else return new Map([["!", "!"], ["!!", tagNamespace], ...handles]);
    skip(scanner);
  }
}

/**
 * The place of a node: in brackets, in a block, or in a block mapping. A list in a block mapping need not be indented.
 */
type Place = "flow" | "block" | "entry of a block mapping";

function parseNode(parser: Parser, depth: number, place: Place): YamlNode {
  if (depth > deepestNesting) throw tooDeep();
  const { scanner } = parser;
  const token = peek(scanner);
  if (token.type !== "alias") return parseProperties(parser, depth, place);
  skip(scanner);
  const target = parser.anchors.get(token.name);
  if (target === undefined) throw malformed(scanner, `unknown anchor ${token.name}`);
  return { kind: "alias", name: token.name, target };
}

/** Parses one anchor and one tag in either order, and then the node that they belong to. The node may be empty. */
function parseProperties(parser: Parser, depth: number, place: Place): YamlNode {
  const { scanner } = parser;
  let anchor = "";
  let tag = "";
  for (;;) {
    const token = peek(scanner);
    if (token.type === "anchor" && anchor === "") anchor = token.name;
    else if (token.type === "tag" && tag === "") tag = tagOf(parser, token);
    else break;
    skip(scanner);
  }
  const node = emptyNode(peek(scanner), tag, place, anchor !== "" || tag !== "");
  if (node === undefined) throw malformed(scanner, "a value is expected");
  if (anchor !== "") parser.anchors.set(anchor, node);
  return fill(parser, node, depth + 1);
}

function tagOf({ scanner, handles }: Parser, { handle, suffix }: Token & { type: "tag" }): string {
  const prefix = handle === "" ? "" : handles.get(handle);
  if (prefix === undefined) throw malformed(scanner, `unknown tag handle ${handle}`);
  return prefix + suffix;
}

function nothing(): Scalar {
  return { kind: "scalar", text: "", tag: "", implicit: true };
}

/**
 * The node that starts with a token. A collection is empty at first, because an alias within it may refer to the
 * collection.
 */
function emptyNode(
  token: Token,
  tag: string,
  place: Place,
  mayBeNothing: boolean,
): Exclude<YamlNode, Alias> | undefined {
  switch (token.type) {
    case "scalar":
      return { kind: "scalar", text: token.text, tag, implicit: tag === "!" || (tag === "" && token.plain) };
    case "[":
      return { kind: "sequence", items: [] };
    case "{":
      return { kind: "mapping", entries: [] };
    case "block sequence":
      if (place !== "flow") return { kind: "sequence", items: [] };
      break;
    case "entry":
      if (place === "entry of a block mapping") return { kind: "sequence", items: [] };
      break;
    case "block mapping":
      if (place !== "flow") return { kind: "mapping", entries: [] };
      break;
  }
  return mayBeNothing ? { ...nothing(), tag, implicit: tag === "" } : undefined;
}

function fill(parser: Parser, node: Exclude<YamlNode, Alias>, depth: number): YamlNode {
  const start = peek(parser.scanner).type;
  if (node.kind === "sequence") {
    if (start === "[") fillFlowSequence(parser, node.items, depth);
    else if (start === "entry") fillUnindentedSequence(parser, node.items, depth);
    else fillBlockSequence(parser, node.items, depth);
  } else if (node.kind === "mapping") {
    if (start === "{") fillFlowMapping(parser, node.entries, depth);
    else fillBlockMapping(parser, node.entries, depth);
  } else if (start === "scalar") skip(parser.scanner);
  return node;
}

/** Skips the next token if it has this type. */
function accept(scanner: Scanner, type: Token["type"]): boolean {
  if (peek(scanner).type !== type) return false;
  skip(scanner);
  return true;
}

function expect(scanner: Scanner, type: Token["type"], otherwise: string): void {
  if (!accept(scanner, type)) throw malformed(scanner, otherwise);
}

/** Parses a node. If one of these tokens follows, the node is an empty scalar. */
function parseUnless(parser: Parser, ends: readonly Token["type"][], depth: number, place: Place): YamlNode {
  return ends.includes(peek(parser.scanner).type) ? nothing() : parseNode(parser, depth, place);
}

const endsOfEntry = ["entry", "block end"] as const;
const endsOfUnindentedEntry = ["entry", "key", "value", "block end"] as const;
const endsInBlockMapping = ["key", "value", "block end"] as const;

function fillBlockSequence(parser: Parser, items: YamlNode[], depth: number): void {
  skip(parser.scanner);
  while (accept(parser.scanner, "entry")) items.push(parseUnless(parser, endsOfEntry, depth, "block"));
  expect(parser.scanner, "block end", "- is expected");
}

/** A sequence whose `- ` is in the same column as the `key:` above it. */
function fillUnindentedSequence(parser: Parser, items: YamlNode[], depth: number): void {
  while (accept(parser.scanner, "entry")) items.push(parseUnless(parser, endsOfUnindentedEntry, depth, "block"));
}

function fillBlockMapping(parser: Parser, entries: Mapping["entries"], depth: number): void {
  const { scanner } = parser;
  const next = () => parseUnless(parser, endsInBlockMapping, depth, "entry of a block mapping");
  skip(scanner);
  while (accept(scanner, "key")) {
    const key = next();
    entries.push([key, accept(scanner, "value") ? next() : nothing()]);
  }
  expect(scanner, "block end", "a key is expected");
}

function fillFlowMapping(parser: Parser, entries: Mapping["entries"], depth: number): void {
  const { scanner } = parser;
  skip(scanner);
  for (let first = true; !accept(scanner, "}"); first = false) {
    if (!first) expect(scanner, ",", ", or } is expected");
    if (accept(scanner, "key")) {
      const key = parseUnless(parser, ["value", ",", "}"], depth, "flow");
      entries.push([key, parseFlowValue(parser, "}", depth)]);
    } else if (peek(scanner).type !== "}") entries.push([parseNode(parser, depth, "flow"), nothing()]);
  }
}

function parseFlowValue(parser: Parser, close: "]" | "}", depth: number): YamlNode {
  return accept(parser.scanner, "value") ? parseUnless(parser, [",", close], depth, "flow") : nothing();
}

function fillFlowSequence(parser: Parser, items: YamlNode[], depth: number): void {
  const { scanner } = parser;
  skip(scanner);
  for (let first = true; !accept(scanner, "]"); first = false) {
    if (!first) expect(scanner, ",", ", or ] is expected");
    if (accept(scanner, "key")) items.push(parsePair(parser, depth));
    else if (peek(scanner).type !== "]") items.push(parseNode(parser, depth, "flow"));
  }
}

/** `[key: value]`: a mapping with one entry. If the key is missing, go-yaml skips the next token. */
function parsePair(parser: Parser, depth: number): Mapping {
  const missing = ["value", ",", "]"].includes(peek(parser.scanner).type);
  if (missing) skip(parser.scanner);
  const key = missing ? nothing() : parseNode(parser, depth, "flow");
  return { kind: "mapping", entries: [[key, parseFlowValue(parser, "]", depth)]] };
}
