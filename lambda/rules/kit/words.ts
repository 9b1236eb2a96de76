/**
 * Node text in sentences. A node may be hostile, and a sentence ends up in consoles, terminals and spreadsheets:
 * it stays on one line, shows what does not print as an escape, and has an end.
 */

/** Characters of one value or path in a sentence; longer ones lose their middle. An ASFF description holds 1,024. */
const longestShown = 120;
/** Members of a list that are named; the rest is counted. */
const mostNamed = 3;

/**
 * Control and format characters (bidirectional marks among them), lone surrogates, unassigned, and line separators; and
 * what a chat, a ticket or a page would take for markup: HTML, code, and the parenthesis of a Markdown link.
 */
const unsafe = /[\p{C}\p{Zl}\p{Zp}<>&`]|(?<=\])\(/u;

/** A path, or a flag as written, that can stand in a sentence without being taken for a part of it. */
const wordLike = /^(--[\w-]+[= ])?("")?[\w@%+=:,./\\-]*$/;

/** A path or a flag: as it is where that is harmless, in quotes otherwise. */
export function plain(text: string): string {
  return wordLike.test(text) ? cut(text) : quoted(text);
}

/** Text of our own that may hold a path. */
export function line(text: string): string {
  return escaped(cut(text, 2 * longestShown));
}

/** A value as JSON shows it: text in quotes, so that an empty one is seen. */
export function quoted(value: unknown): string {
  if (typeof value === "string") return escaped(JSON.stringify(cut(value)));
  if (typeof value === "object" && value !== null) return escaped(cut(JSON.stringify(value)));
  return cut(String(value));
}

/** `a, b, c and 4 more`. */
export function listed(texts: readonly string[]): string {
  const named = texts.slice(0, mostNamed);
  if (texts.length > named.length) return `${named.join(", ")} and ${texts.length - named.length} more`;
  return named.length < 2 ? named.join() : `${named.slice(0, -1).join(", ")} and ${named.at(-1)}`;
}

/** `1 node`, `2 nodes`. */
export function counted(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}

/** Epoch seconds as ISO 8601 without fractions; a clock beyond what a date can hold stays a number. */
export function moment(seconds: number): string {
  const date = new Date(seconds * 1000);
  return Number.isNaN(date.valueOf()) ? `@${seconds}` : date.toISOString().replace(/\.\d+Z$/, "Z");
}

function cut(text: string, longest = longestShown): string {
  if (text.length <= longest) return text;
  const half = longest / 2;
  return `${text.slice(0, half)}…${text.slice(-half)}`;
}

/** Shows what does not print, or would be markup, as an escape as JSON writes it. */
export function escaped(text: string): string {
  return unsafe.test(text) ? text.replaceAll(new RegExp(unsafe, "gu"), codeUnits) : text;
}

function codeUnits(character: string): string {
  return Array.from({ length: character.length }, (_, index) => {
    return `\\u${character.charCodeAt(index).toString(16).padStart(4, "0")}`;
  }).join("");
}
