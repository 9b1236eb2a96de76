import { stripVTControlCharacters } from "node:util";
import Table from "cli-table3";
import wrapAnsi from "wrap-ansi";
import { type Screen, wrap } from "./screen.ts";

/** Blanks between two columns. */
const gap = 2;

/** Columns that the last cell of a row needs beside the others. */
const leastRoom = 30;

/** Blanks before a cell that stands below its row. */
const indent = 4;

/**
 * A table without lines. On a terminal its last column wraps in the room that is left. Where there is too little room, the
 * last cell stands below its row, and where even the other cells do not fit, each cell is a line. No line is too long.
 */
export function table(head: readonly string[], rows: readonly (readonly string[])[], screen: Screen): string {
  const widest = head.map((title, column) => Math.max(title.length, ...rows.map((row) => lengthOf(row[column]))));
  const others = widest.slice(0, -1).reduce((sum, width) => sum + width + gap, 0);
  const room = screen.width - others - gap;
  const titles = head.map((title) => screen.paint("bold", title));
  if (room >= Math.min(leastRoom, widest.at(-1) ?? 0)) {
    // A path may be longer than the room: between words where that is possible, and inside of one otherwise.
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

/** The cells before the last on one line where they fit, and each other cell below it. */
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
