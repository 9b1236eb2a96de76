/** Control characters but the line feed, format characters (bidirectional marks among them) and line separators. */
const unprintable = /(?!\n)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

const ellipsis = "…";

/** Text in which nothing reorders, hides or overwrites what a reader sees: what does not print is shown as an escape. */
export function visible(text: string): string {
  return text.toWellFormed().replace(unprintable, escaped);
}

/**
 * Text as it may stand in a finding: visible, and it takes at most `bytes` bytes of UTF-8, which never is more characters than a limit in characters allows. What is cut ends in an ellipsis.
 */
export function fitText(text: string, bytes: number): string {
  const shown = visible(text);
  if (Buffer.byteLength(shown) <= bytes) return shown;
  let kept = "";
  let left = bytes - Buffer.byteLength(ellipsis);
  // As people count characters: an emoji or a letter with its accents is kept whole or not at all.
  for (const { segment } of new Intl.Segmenter("en").segment(shown)) {
    left -= Buffer.byteLength(segment);
    if (left < 0) break;
    kept += segment;
  }
  return kept.trimEnd() + ellipsis;
}

/** Like `fitText`, on one line. */
export function fitLine(text: string, bytes: number): string {
  return fitText(text.replaceAll("\n", "\\n"), bytes);
}

/** `\u202e` for the mark that turns the reading direction. */
function escaped(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  const hex = code.toString(16).padStart(4, "0");
  return code > 0xffff ? `\\u{${hex}}` : `\\u${hex}`;
}
