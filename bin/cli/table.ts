import { stripVTControlCharacters } from "node:util";
import Table from "cli-table3";
import wrapAnsi from "wrap-ansi";
import { type Screen, wrap } from "./screen.ts";

/** Blanks between two columns. */
const gap = 2;

/** Minimum width of the last cell, in columns, if it stands on the same line as the others. */
const leastRoom = 30;

/** Blanks before a cell that is printed below its row. */
const indent = 4;

/**
 * A table without ruled lines. On a terminal, the last column wraps within the remaining width. If that is too narrow,
 * the last cell is printed below its row. If even the other cells do not fit, each cell gets its own line. No line is
 * wider than the screen.
 */
export function table(head: readonly string[], rows: readonly (readonly string[])[], screen: Screen): string {
  const widest = head.map((title, column) => Math.max(title.length, ...rows.map((row) => lengthOf(row[column]))));
  const others = widest.slice(0, -1).reduce((sum, width) => sum + width + gap, 0);
  const room = screen.width - others - gap;
  const titles = head.map((title) => screen.paint("bold", title));
  if (room >= Math.min(leastRoom, widest.at(-1) ?? 0)) {
    // Lines break between words. A word longer than a line, such as a path, is broken.
    const fitted = rows.map((row) =>
      row.with(-1, Number.isFinite(room) ? wrapAnsi(row.at(-1) ?? "", room, { hard: true }) : (row.at(-1) ?? "")),
    );
    return draw([titles, ...fitted]);
  }
  if (others <= screen.width) {
    const lines = draw([titles.slice(0, -1), ...rows.map((row) => row.slice(0, -1))]).split("\n");
    return lines
      .map((line, at) => (at === 0 ? line : `${line}\n${wrap(rows[at - 1]?.at(-1) ?? "", screen.width, indent)}`))
      .join("\n");
  }
  return rows.map((row) => stacked(row, screen.width)).join("\n");
}

/** All cells but the last on one line if they fit, otherwise each on its own line. The last cell follows below. */
function stacked(row: readonly string[], width: number): string {
  const start = row.slice(0, -1).join(" ".repeat(gap));
  const cells = lengthOf(start) <= width ? [start, ...row.slice(-1)] : row;
  return cells.map((cell, at) => wrap(cell, width, at === 0 ? 0 : indent)).join("\n");
}

function draw(rows: readonly (readonly string[])[]): string {
  const drawn = new Table({
    style: { head: [], border: [], "padding-left": 0, "padding-right": gap },
    chars: withoutLines,
  });
  drawn.push(...rows.map((row) => [...row]));
  return drawn.toString().replaceAll(/ +$/gm, "");
}

/** Length of the longest line, without colour codes. */
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
