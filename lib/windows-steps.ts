/**
 * Steps that decide on Windows whether a text may leave the node. The collector runs them in .NET and the tests run them
 * in JavaScript, so the patterns contain only syntax with the same meaning in both.
 *
 * The text of a file is Latin-1, so a byte is a character. It is in small letters, between two line breaks. "replace"
 * replaces each match, 16 times. If a "refuse" matches or a "need" does not, the text stays on the node for the given reason.
 */
export type Step = readonly [action: "replace" | "refuse" | "need", pattern: string, text: string];

const secret = "it may hold a secret in a form that this script does not know";
const otherKind = "it may be something other than a KubeletConfiguration";

const blank = String.raw`[ \t\n]*`;
/** Blanks and comments, as between a key and its colon. */
const gap = String.raw`${blank}(?:#[^\n]*\n${blank})*`;
const quote = String.raw`[\x22\x27]`;
const word = "kubeletconfiguration";
const own = String.raw`${blank}(?:\x22${word}\x22|\x27${word}\x27|${word})(?:[ \t]*[\n,}]|[ \t]+#)`;
/** Lines that may precede the first document: empty lines, comments and directives. */
const prologue = String.raw`[ \t]*(?:#[^\n]*)?\n|%[^\n]*\n`;

/** An explicit key, an alias as a key or as client CA, a foreign kind, a kind of several lines. */
const foreign = [
  String.raw`[\n,{\[][ \t]*(?:-[ \t]+)*\?[ \t\n]`,
  String.raw`\*[a-z0-9_-]+${gap}:[ \t\n]|clientcafile${quote}?${gap}:${gap}\*`,
  `kind${quote}?${gap}:(?!${own})`,
  String.raw`${word}${quote}?[ \t]*(?:#[^\n]*)?\n[ \t]+[^\] \t\n}:][^\n:#]*[\n#]`,
];

/** Names that keep a file on the node, in any place of it. */
const names: readonly Step[] = [
  ["refuse", String.raw`podurl|![^! \t\n,]*(?:binary|[%<])|\n%tag`, secret],
  ["refuse", foreign.join("|"), otherKind],
];

/** For a configuration file. */
export const contentSteps: readonly Step[] = [
  ["refuse", String.raw`[\x00-\x08\x0b\x0c\x0e-\x1f]`, "it holds NUL or other control characters"],
  // Line breaks that only YAML has, the Kelvin sign, which Go folds to "k", and byte order marks within the text.
  ["refuse", String.raw`\r[^\n]|\xe2\x85|\xe2\x80[\xa8\xa9]|\xe2\x84\xaa|^\n[\x01-\xff]+\xef\xbb\xbf`, otherKind],
  ["replace", String.raw`^\n\xef\xbb\xbf`, "\n"],
  ["replace", String.raw`\r\n`, "\n"],
  // After a backslash, no comment is certain.
  ["refuse", String.raw`\\[^\n]*[ \t]#[^\n]*${word}`, otherKind],
  // Two backslashes are one in quotes, and no escape elsewhere.
  ["replace", String.raw`\\\\`, "/"],
  // Escapes of ASCII letters, digits and most signs, of U+017F and of the Kelvin sign.
  ["refuse", String.raw`\\(?:x|u00|u000000)(?:2f|3[0-9abf]|[456][0-9a-f]|7[0-9a])|\\u(?:0000)?(?:017f|212a)`, secret],
  ...names,
  // What looks like a comment may be part of a quoted text, and the other way round.
  ["refuse", String.raw`[ \t\n]#[^\n]*kind${quote}?[ \t]*:`, otherKind],
  ["refuse", String.raw`^[^\x22\x27]*${quote}[\x01-\xff]*(?:[ \t\n]#[^\n]*${word}|${word}${quote}?[ \t]+#)`, otherKind],
  // From here on, "J" begins a JSON object and "D" a document after "---". The text has no other capital letters.
  ["replace", String.raw`^\n${blank}\{`, "J,"],
  // Keys at the top are not indented.
  ["refuse", String.raw`^\n(?:${prologue}|---[ \t]*\n)*[ \t]`, otherKind],
  ["replace", String.raw`^\n(?:${prologue})*---[ \t]*\n`, "D\n"],
  ["refuse", String.raw`\n(?:---|\.\.\.)[ \t\n]`, "it holds several documents"],
  // Escaped line breaks, also before what looks like a comment.
  ["replace", String.raw`\\\n(?:[ \t\n]|#[^\n]*\n)*`, ""],
  ...names,
  ["replace", String.raw`\{[^{}]*\}`, "@"],
  [
    "need",
    String.raw`^J[^{]*,${blank}\x22kind\x22${blank}:|^D?\n(?:[^\n]*\n)*${quote}?kind${quote}?${blank}:`,
    otherKind,
  ],
];

/** For a command line. Windows removes quotes, so --manifest"-"url is a spelling of the flag. */
export const commandLineSteps: readonly Step[] = [
  ["replace", String.raw`\x22`, ""],
  ["refuse", "manifest[-_]url", "the command line may hold a secret, so it stays on the node"],
];
