import { MalformedDocument, type UnsupportedDocument } from "../json.ts";

export interface Text {
  /** Ends in NUL, which YAML does not allow elsewhere. */
  readonly text: string;
  /** The error at which decoding of the file stopped. The scanner throws it only if it has to read beyond `text`. */
  readonly beyond?: MalformedDocument | UnsupportedDocument;
}

/** A place in a text. */
export interface Cursor extends Text {
  at: number;
  /** From zero. */
  line: number;
  lineStart: number;
}

export const end = "\0";

/**
 * In go-yaml a lone carriage return, U+0085, U+2028 and U+2029 also end a line, even within comments. Source: go-yaml
 * v2 yamlprivateh.go, is_break.
 */
const breaks = "\\r\\n\\u0085\\u2028\\u2029";

/**
 * Compiles a sticky pattern. In a class, `<break>` means the line breaks. `<white>` means line breaks, blanks and the
 * end.
 */
export function pattern({ raw: [source = ""] }: TemplateStringsArray): RegExp {
  return new RegExp(source.replaceAll("<white>", ` \\t\\0${breaks}`).replaceAll("<break>", breaks), "y");
}

const oneBreak = /\r\n|[\r\n\u0085\u2028\u2029]/y;
const isBreak = /[\r\n\u0085\u2028\u2029]/;
const documentMark = pattern`(?:---|\.\.\.)(?=[<white>])`;
export const blanks = /[ \t]*/y;
export const comment = pattern`#[^<break>\0]*`;
export const restOfLine = pattern`[^<break>\0]*`;

export function current({ text, at }: Cursor): string {
  return text.charAt(at);
}

export function column({ at, lineStart }: Cursor): number {
  return at - lineStart;
}

export function atBreak(cursor: Cursor): boolean {
  return isBreak.test(current(cursor));
}

export function atDocumentMark(cursor: Cursor): boolean {
  return column(cursor) === 0 && looksAt(cursor, documentMark);
}

export function looksAt({ text, at }: Cursor, what: RegExp): boolean {
  what.lastIndex = at;
  return what.test(text);
}

/** Moves behind a match at the cursor and returns its groups; undefined if there is none. */
export function match(cursor: Cursor, what: RegExp): RegExpExecArray | undefined {
  what.lastIndex = cursor.at;
  const found = what.exec(cursor.text) ?? undefined;
  cursor.at += found?.[0].length ?? 0;
  return found;
}

export function take(cursor: Cursor, what: RegExp): string {
  return match(cursor, what)?.[0] ?? "";
}

/**
 * Moves behind a line break at the cursor, if there is one, and returns its value in a scalar. U+2028 and U+2029 stay;
 * every other line break becomes "\n".
 */
export function takeBreak(cursor: Cursor): string {
  const taken = take(cursor, oneBreak);
  if (taken === "") return "";
  cursor.line++;
  cursor.lineStart = cursor.at;
  return taken === "\u2028" || taken === "\u2029" ? taken : "\n";
}

/** Characters that go-yaml reads ahead before it decides on the next token. */
export const ahead = 4;

/** Maximum number of characters that go-yaml reads ahead, which are the digits of "\U". */
const mostAhead = 8;

/** Throws `beyond` if the decoded text ends within the next `characters` characters. */
export function want({ text, at, beyond }: Cursor, characters: number): void {
  if (beyond && at + characters >= text.length) throw beyond;
}

export function malformed({ text, at, line, beyond }: Cursor, what: string): MalformedDocument | UnsupportedDocument {
  if (beyond && at + mostAhead >= text.length) return beyond;
  return new MalformedDocument(`not YAML: line ${line + 1}: ${what}`);
}
