import { styleText } from "node:util";
import wrapAnsi from "wrap-ansi";
import type { Severity } from "../../lambda/domain/rule-facts.ts";
import type { Output } from "./io.ts";

type Style = Parameters<typeof styleText>[0];

/** Destination of text for people: its width, and whether it shows colours. */
export interface Screen {
  /** Columns. Infinite for a file or a pipe, so that text is neither wrapped nor cut. */
  width: number;
  paint(style: Style, text: string): string;
}

/** Screen of a stream. It has colours if the stream is a terminal and NO_COLOR is not set. */
export function screenOf(stream: Output): Screen {
  return {
    width: (stream.isTTY && stream.columns) || Number.POSITIVE_INFINITY,
    // Node.js 22.12 ignores the stream for several styles at once, so they are applied one by one.
    paint: (style, text) => [style].flat().reduce((painted, each) => styleText(each, painted, { stream }), text),
  };
}

/** Screen of a file or a pipe. */
export const plainScreen: Screen = { width: Number.POSITIVE_INFINITY, paint: (_, text) => text };

/** The text on one line of at most `width` columns. A cut text ends in an ellipsis. */
export function clip(text: string, width: number): string {
  if (text.length <= width && !/[^ -~]/.test(text)) return text;
  const [whole = "", ...more] = wrapAnsi(text, width, { hard: true, wordWrap: false, trim: false }).split("\n");
  if (more.length === 0) return whole;
  const [kept = ""] = wrapAnsi(text, width - 1, { hard: true, wordWrap: false, trim: false }).split("\n");
  return `${kept.trimEnd()}…`;
}

/** The text in lines of at most `width` columns, each after `indent` blanks. */
export function wrap(text: string, width: number, indent = 0): string {
  const room = Math.max(width - indent, narrowest);
  const lines = Number.isFinite(room) ? wrapAnsi(text, room, { hard: true }).split("\n") : text.split("\n");
  return lines.map((line) => " ".repeat(indent) + line).join("\n");
}

/** Minimum number of columns for wrapped text; fewer would be illegible. */
const narrowest = 20;

const severityStyles: Readonly<Record<Severity, Style>> = {
  CRITICAL: ["bold", "red"],
  HIGH: "red",
  MEDIUM: "yellow",
  LOW: "cyan",
  INFORMATIONAL: "dim",
};

/** The severity as a coloured word, padded to the eight columns of "critical". */
export function severityWord(severity: Severity, { paint }: Screen): string {
  const word = severity === "INFORMATIONAL" ? "info" : severity.toLowerCase();
  return paint(severityStyles[severity], word) + " ".repeat("critical".length - word.length);
}
