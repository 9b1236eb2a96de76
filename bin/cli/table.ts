import { stripVTControlCharacters, styleText } from "node:util";
import Table from "cli-table3";
import wrapAnsi from "wrap-ansi";

/** Blanks between two columns. */
const gap = 2;
/** The last column never gets narrower than this, however narrow the terminal. */
const narrowest = 30;

/** A table without lines. On a terminal its last column wraps in the room that is left; in a pipe nothing wraps. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widest = head.map((title, column) => Math.max(title.length, ...rows.map((row) => lengthOf(row[column]))));
  const others = widest.slice(0, -1).reduce((sum, width) => sum + width + gap, 0);
  const room = Math.max((process.stdout.columns ?? Number.POSITIVE_INFINITY) - others - gap, narrowest);
  const drawn = new Table({
    head: head.map((title) => styleText("bold", title)),
    style: { head: [], border: [], "padding-left": 0, "padding-right": gap },
    chars: withoutLines,
  });
  // A path may be longer than the room: between words where that is possible, and inside of one otherwise.
  drawn.push(...rows.map((row) => row.with(-1, wrapAnsi(row.at(-1) ?? "", room, { hard: true }))));
  return drawn.toString().replaceAll(/ +$/gm, "");
}

/** Of the longest line, colours not counted. */
function lengthOf(cell = ""): number {
  return Math.max(
    ...stripVTControlCharacters(cell)
      .split("\n")
      .map(({ length }) => length),
  );
}

const places = ["", "-mid", "-left", "-right"];
const withoutLines = {
  ...Object.fromEntries(["top", "bottom"].flatMap((side) => places.map((place) => [`${side}${place}`, ""]))),
  ...Object.fromEntries(
    ["left", "left-mid", "mid", "mid-mid", "right", "right-mid", "middle"].map((name) => [name, ""]),
  ),
};
