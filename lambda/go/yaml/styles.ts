import {
  atBreak,
  atDocumentMark,
  blanks,
  type Cursor,
  column,
  comment,
  current,
  end,
  malformed,
  match,
  pattern,
  restOfLine,
  take,
  takeBreak,
} from "./cursor.ts";

/** Readers of the five styles of a scalar. Each starts at the scalar's first character and ends after its last. */

const plainWord = pattern`(?:[^:<white>]|:(?![<white>]))+`;
const plainWordInFlow = pattern`(?:[^:,?[\]{}<white>]|:(?![<white>]))+`;

/**
 * Reads a plain scalar. It continues over lines with a deeper indentation than its parent, and in brackets over any
 * line. `endsLine`: the reader also consumed a line break after the last word.
 */
export function readPlain(cursor: Cursor, parentIndent: number, inFlow: boolean): { text: string; endsLine: boolean } {
  const word = inFlow ? plainWordInFlow : plainWord;
  let text = "";
  let gap: Gap = { text: "", endsLine: false };
  while (!atDocumentMark(cursor) && current(cursor) !== "#") {
    const next = take(cursor, word);
    if (next !== "") {
      text += gap.text + next;
      gap = { text: "", endsLine: false };
    }
    if (!atBlank(cursor) && !atBreak(cursor)) break;
    gap = readGap(cursor, false, parentIndent + 1);
    if (!inFlow && column(cursor) <= parentIndent) break;
  }
  return { text, endsLine: gap.endsLine };
}

interface Gap {
  /** The text that replaces the gap between two words. */
  text: string;
  endsLine: boolean;
}

/**
 * White space between words. Spaces stay, one line break becomes a space, and n line breaks become n - 1. After a line
 * break no tab may precede column `indent`. `escaped`: the gap follows an escaped line break, which is ignored.
 */
function readGap(cursor: Cursor, escaped: boolean, indent: number): Gap {
  const spaces = take(cursor, blanks);
  if (!escaped && !atBreak(cursor)) return { text: spaces, endsLine: false };
  const first = escaped ? "" : takeBreak(cursor);
  let others = "";
  for (;;) {
    take(cursor, / */y);
    if (current(cursor) === "\t" && column(cursor) < indent) throw malformed(cursor, "a tab violates the indentation");
    take(cursor, blanks);
    if (!atBreak(cursor)) break;
    others += takeBreak(cursor);
  }
  return { text: first === "\n" && others !== "" ? others : first === "\n" ? " " : first + others, endsLine: true };
}

function atBlank(cursor: Cursor): boolean {
  return current(cursor) === " " || current(cursor) === "\t";
}

const singleQuotedWord = pattern`(?:[^'<white>]|'')+`;
const doubleQuotedWord = pattern`[^"\\<white>]+`;

/** Quoted scalars may continue over lines of any indentation. */
export function readQuoted(cursor: Cursor): string {
  const quote = current(cursor);
  const readWord = quote === "'" ? readSingleQuotedWord : readDoubleQuotedWord;
  cursor.at++;
  let text = "";
  for (;;) {
    if (atDocumentMark(cursor)) throw malformed(cursor, "a document mark within quotes");
    if (current(cursor) === end) throw malformed(cursor, "the quotes do not end");
    const word = readWord(cursor);
    text += word.text;
    if (current(cursor) === quote) break;
    text += readGap(cursor, word.endsLine, 0).text;
  }
  cursor.at++;
  return text;
}

function readSingleQuotedWord(cursor: Cursor): Gap {
  return { text: take(cursor, singleQuotedWord).replaceAll("''", "'"), endsLine: false };
}

/** `endsLine`: the word ends in an escaped line break. */
function readDoubleQuotedWord(cursor: Cursor): Gap {
  let text = take(cursor, doubleQuotedWord);
  while (current(cursor) === "\\") {
    cursor.at++;
    if (takeBreak(cursor) !== "") return { text, endsLine: true };
    text += readEscape(cursor) + take(cursor, doubleQuotedWord);
  }
  return { text, endsLine: false };
}

/** Escapes of go-yaml. JSON's escape "\/" is not one of them. */
const escapes = new Map([
  ...["0\0", "a\x07", "b\b", "t\t", "\t\t", "n\n", "v\v", "f\f", "r\r", "e\x1b", "  ", '""', "''", "\\\\"].map(
    (pair) => [pair.charAt(0), pair.charAt(1)] as const,
  ),
  ...["N\u0085", "_\u00a0", "L\u2028", "P\u2029"].map((pair) => [pair.charAt(0), pair.charAt(1)] as const),
]);
const numericEscape = /x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})/y;

function readEscape(cursor: Cursor): string {
  const letter = current(cursor);
  const short = escapes.get(letter);
  if (short !== undefined) {
    cursor.at++;
    return short;
  }
  const code = take(cursor, numericEscape).slice(1);
  const point = Number.parseInt(code, 16);
  if (code === "" || point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff))
    throw malformed(cursor, "an unknown escape");
  return String.fromCodePoint(point);
}

const blockHeader = pattern`[|>](?:([+-])([1-9])?|([1-9])([+-])?)?[ \t]*`;

/** A literal or folded block: the following lines with a deeper indentation than the parent. */
export function readBlock(cursor: Cursor, parentIndent: number): string {
  const folded = current(cursor) === ">";
  const [, chomp1, indent1, indent2, chomp2] = match(cursor, blockHeader) ?? [];
  take(cursor, comment);
  if (!atBreak(cursor) && current(cursor) !== end) throw malformed(cursor, "a comment or a line break is expected");
  takeBreak(cursor);
  const increment = Number(indent1 ?? indent2 ?? 0);
  return readLines(cursor, increment && Math.max(parentIndent, 0) + increment, parentIndent, folded, chomp1 ?? chomp2);
}

function readLines(
  cursor: Cursor,
  givenIndent: number,
  parentIndent: number,
  folded: boolean,
  chomp: string | undefined,
): string {
  let text = "";
  let lineEnd = "";
  let deeper = false;
  let { empty, indent } = readEmptyLines(cursor, givenIndent, parentIndent);
  while (column(cursor) === indent && current(cursor) !== end) {
    const deeperNow = atBlank(cursor);
    if (!folded || deeper || deeperNow || lineEnd !== "\n") text += lineEnd;
    else if (empty === "") text += " ";
    deeper = deeperNow;
    text += empty + take(cursor, restOfLine);
    lineEnd = takeBreak(cursor);
    ({ empty } = readEmptyLines(cursor, indent, parentIndent));
  }
  return text + (chomp === "-" ? "" : lineEnd) + (chomp === "+" ? empty : "");
}

/**
 * Reads indentation and blank lines. If `indent` is 0, the indentation is not known yet, and the deepest of these lines
 * determines it.
 */
function readEmptyLines(cursor: Cursor, indent: number, parentIndent: number): { empty: string; indent: number } {
  let empty = "";
  let deepest = 0;
  for (;;) {
    while ((indent === 0 || column(cursor) < indent) && current(cursor) === " ") cursor.at++;
    deepest = Math.max(deepest, column(cursor));
    if ((indent === 0 || column(cursor) < indent) && current(cursor) === "\t") {
      throw malformed(cursor, "a tab in the indentation of a block");
    }
    if (!atBreak(cursor)) break;
    empty += takeBreak(cursor);
  }
  return { empty, indent: indent || Math.max(deepest, parentIndent + 1, 1) };
}
