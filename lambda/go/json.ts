/**
 * JSON as the kubelet's decoders read it. Numbers keep their digits, members keep their order and repetitions, and each
 * member has its origin. JSON.parse keeps none of these. `From` is the caller's type of an origin.
 */
export type JsonFrom<From> = null | boolean | string | JsonNumber | JsonList<From> | JsonObjectFrom<From>;
export interface JsonNumber {
  number: string;
}
export interface JsonList<From> {
  items: readonly JsonFrom<From>[];
}
export interface JsonObjectFrom<From> {
  members: readonly MemberFrom<From>[];
}
export interface MemberFrom<From> {
  name: string;
  value: JsonFrom<From>;
  from: From;
}

/** Thrown for a text that is not JSON, or not JSON of the expected form. */
export class MalformedDocument extends Error {
  override readonly name = "MalformedDocument";
}

/** Thrown for a text that this auditor cannot parse although the kubelet may be able to. */
export class UnsupportedDocument extends Error {
  override readonly name = "UnsupportedDocument";
  /** The action that makes the text readable. */
  readonly fix: string;
  constructor(because: string, fix: string) {
    super(because);
    this.fix = fix;
  }
}

/** Maximum levels of nesting. A KubeletConfiguration has six, and the kubelet reads up to 10,000. */
export const deepestNesting = 100;

export function tooDeep(): UnsupportedDocument {
  return new UnsupportedDocument(
    `A configuration file nests deeper than the ${deepestNesting} levels that this auditor reads.`,
    "Remove the nested value from the kubelet's configuration: no kubelet setting needs it.",
  );
}

export function isObject<From>(value: JsonFrom<From>): value is JsonObjectFrom<From> {
  return typeof value === "object" && value !== null && "members" in value;
}
export function isList<From>(value: JsonFrom<From>): value is JsonList<From> {
  return typeof value === "object" && value !== null && "items" in value;
}
export function isNumber<From>(value: JsonFrom<From>): value is JsonNumber {
  return typeof value === "object" && value !== null && "number" in value;
}

/** Parses exactly one JSON text. RFC 8259 allows no comments and no trailing commas. */
export function parseJson<From>(text: string, from: From): JsonFrom<From> {
  const cursor = { text, at: 0, from };
  const value = readValue(cursor, 0);
  skipBlanks(cursor);
  if (cursor.at < text.length) fail(cursor, "the end");
  return value;
}

interface Cursor<From = unknown> {
  readonly text: string;
  readonly from: From;
  at: number;
}

const literal = /true|false|null/y;
const number = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
// biome-ignore lint/suspicious/noControlCharactersInRegex: RFC 8259 forbids exactly these in strings.
const string = /"[^"\\\u0000-\u001f]*(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[^"\\\u0000-\u001f]*)*"/y;

function readValue<From>(cursor: Cursor<From>, depth: number): JsonFrom<From> {
  if (depth > deepestNesting) throw tooDeep();
  skipBlanks(cursor);
  const next = cursor.text[cursor.at];
  if (next === "{") return { members: series(cursor, "}", () => readMember(cursor, depth + 1)) };
  if (next === "[") return { items: series(cursor, "]", () => readValue(cursor, depth + 1)) };
  if (next === '"') return readString(cursor);
  const word = take(cursor, literal);
  if (word !== undefined) return word === "null" ? null : word === "true";
  return { number: take(cursor, number) ?? fail(cursor, "a value") };
}

function readMember<From>(cursor: Cursor<From>, depth: number): MemberFrom<From> {
  skipBlanks(cursor);
  const name = readString(cursor);
  skipBlanks(cursor);
  expect(cursor, ":");
  return { name, value: readValue(cursor, depth), from: cursor.from };
}

function series<T>(cursor: Cursor, close: string, element: () => T): T[] {
  const elements: T[] = [];
  cursor.at++;
  skipBlanks(cursor);
  while (cursor.text[cursor.at] !== close) {
    if (elements.length > 0) expect(cursor, ",");
    elements.push(element());
    skipBlanks(cursor);
  }
  cursor.at++;
  return elements;
}

/** Lone surrogates become U+FFFD, as Go's encoding/json reads them. */
function readString(cursor: Cursor): string {
  const quoted = take(cursor, string) ?? fail(cursor, "a string");
  if (!quoted.includes("\\")) return quoted.slice(1, -1);
  const unquoted: string = JSON.parse(quoted);
  return unquoted.toWellFormed();
}

function expect(cursor: Cursor, mark: string): void {
  if (cursor.text[cursor.at] !== mark) fail(cursor, mark);
  cursor.at++;
}

function skipBlanks(cursor: Cursor): void {
  while (isBlank(cursor.text.charCodeAt(cursor.at))) cursor.at++;
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09;
}

function take(cursor: Cursor, pattern: RegExp): string | undefined {
  const start = cursor.at;
  pattern.lastIndex = start;
  if (!pattern.test(cursor.text)) return undefined;
  cursor.at = pattern.lastIndex;
  return cursor.text.slice(start, cursor.at);
}

function fail(cursor: Cursor, wanted: string): never {
  throw new MalformedDocument(`not JSON: ${wanted} expected at character ${cursor.at}`);
}

/** A name that one object repeats, at any depth. The strict decoders reject it. */
export function repeatedName(value: JsonFrom<unknown>): string | undefined {
  if (isList(value)) return value.items.map(repeatedName).find((name) => name !== undefined);
  if (!isObject(value)) return undefined;
  const seen = new Set<string>();
  for (const { name, value: inner } of value.members) {
    if (seen.has(name)) return name;
    seen.add(name);
    const below = repeatedName(inner);
    if (below !== undefined) return below;
  }
  return undefined;
}
