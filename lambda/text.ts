import { distance } from "fastest-levenshtein";

/**
 * Prepares text from outside for people. Nodes, tags and AWS errors can contain any text, and that text reaches
 * consoles, terminals, chats and spreadsheets. Every output (finding, log, terminal) goes through `harmless` or
 * `printable`.
 */

/**
 * Control characters, format characters (bidirectional marks among them), lone surrogates, unassigned, line separators.
 */
const unprintable = "\\p{C}\\p{Zl}\\p{Zp}";

/** Markup of a chat, a ticket or a page: HTML, code, and the parenthesis of a Markdown link. */
const markup = "[<>&`]|(?<=\\])\\(";

const unsafe = new RegExp(`[${unprintable}]|${markup}`, "u");
const everyUnsafe = new RegExp(unsafe, "gu");
const everyUnprintable = new RegExp(`(?!\\n)[${unprintable}]`, "gu");

/** Quick searches for text that can need an escape. Nearly all text has none; the exact searches take ten times as long. */
const maybeUnprintable = /[^\n -~]/;
const maybeUnsafe = /[^ -%'-;=?-_a-~]|\]\(/;

/**
 * Text from outside for one line of output. Unprintable characters and markup become JSON escapes, for example \u003c.
 */
export function harmless(text: string): string {
  return maybeUnsafe.test(text) && unsafe.test(text) ? text.replace(everyUnsafe, codeUnits) : text;
}

/**
 * Text of this project that may quote text from outside: keeps line feeds and markup, escapes unprintable characters.
 */
export function printable(text: string): string {
  return maybeUnprintable.test(text) ? text.toWellFormed().replace(everyUnprintable, codeUnits) : text;
}

function codeUnits(character: string): string {
  return Array.from({ length: character.length }, (_, index) => {
    return `\\u${character.charCodeAt(index).toString(16).padStart(4, "0")}`;
  }).join("");
}

/**
 * Maximum characters of a value or path in a sentence; a longer one loses its middle. An ASFF description holds 1,024.
 */
const longestShown = 120;

/** Maximum characters of a path or a reason at the end of a sentence. */
const longestShort = 200;

/** A path or flag that needs no quotes, because it cannot be mistaken for words of the sentence around it. */
const wordLike = /^(--[\w-]+[= ])?("")?[\w@%+=:,./\\-]*$/;

/** A path or flag for a sentence: unchanged if it matches `wordLike`, in quotes otherwise. */
export function plain(text: string): string {
  const half = longestShown / 2;
  const kept = text.length > longestShown ? text.slice(0, half) + text.slice(-half) : text;
  return wordLike.test(kept) ? cut(text) : quoted(text);
}

/** A sentence of this project that may contain a path. */
export function line(text: string): string {
  return harmless(cut(text, 2 * longestShown));
}

/** An expression of the user's rules, on one line. It comes from no node, so "<" and ">" are not escaped. */
export function statement(text: string): string {
  return printable(cut(text, 2 * longestShown).replaceAll("\n", " "));
}

/** A value as JSON. The quotes around text make empty text visible. */
export function quoted(value: unknown): string {
  if (typeof value === "string") return harmless(JSON.stringify(cut(value)));
  if (typeof value === "object" && value !== null) return harmless(cut(JSON.stringify(value)));
  return cut(String(value));
}

const ellipsis = "…";

function cut(text: string, longest = longestShown): string {
  if (text.length <= longest) return text;
  const half = longest / 2;
  return `${text.slice(0, half)}${ellipsis}${text.slice(-half)}`;
}

/** The beginning of a text that a node chose. The whole text can have thousands of characters. */
export function short(text: string): string {
  return text.length <= longestShort ? text : text.slice(0, longestShort) + ellipsis;
}

/** Text that a spreadsheet interprets as a formula. */
const formula = /^\s*[=+\-@]/;

/** A value as harmless text. Formulas get quotes. Empty text gets quotes too, because ASFF rejects empty text. */
export function asText(value: unknown): string {
  const isPlain = typeof value === "string" && value.trim() !== "" && !formula.test(value);
  return harmless(isPlain ? value : (JSON.stringify(value) ?? String(value)));
}

/**
 * Printable text of at most `bytes` bytes of UTF-8, and so of at most as many characters. Cut text ends in an ellipsis.
 */
export function fitText(text: string, bytes: number): string {
  if (text.length <= bytes && !maybeUnprintable.test(text)) return text;
  const shown = printable(text);
  if (Buffer.byteLength(shown) <= bytes) return shown;
  let kept = "";
  let left = bytes - Buffer.byteLength(ellipsis);
  // Cuts between the characters that people see: an emoji or an accented letter is never split.
  for (const { segment } of new Intl.Segmenter("en").segment(shown)) {
    left -= Buffer.byteLength(segment);
    if (left < 0) break;
    kept += segment;
  }
  return kept.trimEnd() + ellipsis;
}

/** Like `fitText`, for text from outside on one line: also escapes line feeds and markup. */
export function fitLine(text: string, bytes: number): string {
  if (text.length <= bytes && !maybeUnsafe.test(text)) return text;
  return fitText(harmless(text.toWellFormed().replaceAll("\n", "\\n")), bytes);
}

interface Listing<Member> {
  /** Formats one entry of the list. The function calls it only for entries that the text names. */
  show?(member: Member): string;
  /** Maximum number of entries that the text names; further ones are counted. */
  most?: number;
}

/** `a, b, c and 4 more`. */
export function listed<Member>(members: readonly Member[], { show = String, most = 3 }: Listing<Member> = {}): string {
  const named = members.slice(0, most).map(show);
  if (members.length > most) named.push(`${members.length - most} more`);
  return named.length < 2 ? named.join() : `${named.slice(0, -1).join(", ")} and ${named.at(-1)}`;
}

/** Joins sentences: `a | b | and 4 more`. */
export function sideBySide(sentences: readonly string[], most: number): string {
  const more = sentences.length - most;
  return [...sentences.slice(0, most), ...(more > 0 ? [`and ${more} more`] : [])].join(" | ");
}

/** `1 node`, `2 nodes`. */
export function counted(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}

/** Epoch seconds as ISO 8601 without fractions. A time outside the range of Date stays a number after "@". */
export function moment(seconds: number): string {
  const date = new Date(seconds * 1000);
  return Number.isNaN(date.valueOf()) ? `@${seconds}` : date.toISOString().replace(/\.\d+Z$/, "Z");
}

/**
 * Number of letters of a name for which one edit is tolerated, rounded up: "clutsers" is near "clusters", "logs" is not
 * near "tags".
 */
const lettersPerSlip = 4;

/** Minimum letters of a prefix that identifies a name, as "benchmark" identifies "benchmarkVersion". */
const identifyingLetters = 4;

/** The name that `word` most likely misspells; undefined if none is near. Letter case and punctuation do not count. */
export function nearest(word: string, names: readonly string[]): string | undefined {
  return names
    .map((name) => ({ name, slips: distance(bare(word), bare(name)) }))
    .filter(({ name, slips }) => slips <= Math.ceil(name.length / lettersPerSlip) || isCutShort(bare(word), bare(name)))
    .toSorted((one, other) => one.slips - other.slips)[0]?.name;
}

function isCutShort(word: string, name: string): boolean {
  return word.length >= identifyingLetters && name.startsWith(word);
}

function bare(word: string): string {
  return word.toLowerCase().replaceAll(/[^a-z\d]/g, "");
}

/** The text about a failed call, followed by the message of AWS. */
export function withReply(text: string, { message }: Error): string {
  return `${text} AWS replied: ${message}`;
}
