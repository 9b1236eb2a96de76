import { MalformedDocument, type UnsupportedDocument } from "../json.ts";

export interface Text {
  /** Ends in NUL, which YAML allows nowhere. */
  readonly text: string;
  /** Why it ends before the file does; no harm is done as long as nobody asks for what follows. */
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
 * To go-yaml a carriage return alone, U+0085, U+2028 and U+2029 end a line too, in comments as anywhere.
 * Source: go-yaml v2 yamlprivateh.go, is_break.
 */
const breaks = "\\r\\n\\u0085\\u2028\\u2029";

/** A sticky pattern; `<break>` in a class stands for the line breaks, `<white>` for these, the blanks and the end. */
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

/** Goes behind what stands here, if it does, and returns its groups. */
export function match(cursor: Cursor, what: RegExp): RegExpExecArray | undefined {
  what.lastIndex = cursor.at;
  const found = what.exec(cursor.text) ?? undefined;
  cursor.at += found?.[0].length ?? 0;
  return found;
}

export function take(cursor: Cursor, what: RegExp): string {
  return match(cursor, what)?.[0] ?? "";
}

/** Goes behind the line break that stands here, if one does; in a scalar all but two kinds of them become "\n". */
export function takeBreak(cursor: Cursor): string {
  const taken = take(cursor, oneBreak);
  if (taken === "") return "";
  cursor.line++;
  cursor.lineStart = cursor.at;
  return taken === "\u2028" || taken === "\u2029" ? taken : "\n";
}

/** Characters that go-yaml wants to see before it tells what token follows. */
export const ahead = 4;

/** The same at most: the digits of "\U". */
const mostAhead = 8;

/** Says that go-yaml wants to see this many characters from here on. */
export function want({ text, at, beyond }: Cursor, characters: number): void {
  if (beyond && at + characters >= text.length) throw beyond;
}

export function malformed({ text, at, line, beyond }: Cursor, what: string): MalformedDocument | UnsupportedDocument {
  if (beyond && at + mostAhead >= text.length) return beyond;
  return new MalformedDocument(`not YAML: line ${line + 1}: ${what}`);
}
