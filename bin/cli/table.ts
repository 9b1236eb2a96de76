import { stripVTControlCharacters, styleText } from "node:util";
import Table from "cli-table3";

/** Blanks between two columns. */
const gap = 2;
/** The last column never gets narrower than this, however narrow the terminal. */
const narrowest = 30;

/** A table without lines. On a terminal its last column wraps in the room that is left; in a pipe nothing wraps. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widest = head.map((title, column) => Math.max(title.length, ...rows.map((row) => lengthOf(row[column]))));
  const others = widest.slice(0, -1).reduce((sum, width) => sum + width + gap, 0);
  const room = Math.max((process.stdout.columns ?? Number.POSITIVE_INFINITY) - others - gap, narrowest);
  const widths = widest.with(-1, Math.min(widest.at(-1) ?? 0, room));
  const drawn = new Table({
    head: head.map((title) => styleText("bold", title)),
    colWidths: widths.map((width) => width + gap),
    wordWrap: true,
    wrapOnWordBoundary: widths.at(-1) === widest.at(-1),
    style: { head: [], border: [], "padding-left": 0, "padding-right": gap },
    chars: withoutLines,
  });
  drawn.push(...rows.map((row) => [...row]));
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
