/**
 * The picture of docs/scale.md: seconds of a first audit and of a steady run by number of nodes, and the least that AWS
 * allows.
 */

/** A number of nodes with the seconds of a run and of its floor. */
export interface Point {
  nodes: number;
  seconds: number;
  floor: number;
}

const size = { width: 720, height: 400, left: 64, right: 150, top: 16, bottom: 48 };
/** Exponents of ten at the ends of the axes. */
const [xEnds, yEnds] = [
  [1, 5],
  [0, 4],
] as const;

const scale = (value: number, [from, to]: readonly [number, number], start: number, end: number) =>
  start + ((Math.log10(value) - from) / (to - from)) * (end - start);
const x = (nodes: number) => scale(nodes, xEnds, size.left, size.width - size.right).toFixed(1);
const y = (seconds: number) => scale(Math.max(1, seconds), yEnds, size.height - size.bottom, size.top).toFixed(1);

function series(name: string, points: readonly Point[], field: "seconds" | "floor", colour: string): string {
  const last = points.at(-1);
  if (!last) return "";
  const path = points.map((point) => `${x(point.nodes)},${y(point[field])}`).join(" ");
  const dots = points.map((point) => `<circle cx="${x(point.nodes)}" cy="${y(point[field])}" r="3" fill="${colour}"/>`);
  const dash = field === "floor" ? ' stroke-dasharray="5 4"' : "";
  const above = field === "floor" ? 12 : -4;
  return [
    `<polyline points="${path}" fill="none" stroke="${colour}" stroke-width="2"${dash}/>`,
    ...(dash ? [] : dots),
    `<text x="${Number(x(last.nodes)) + 8}" y="${Number(y(last[field])) + above}" fill="${colour}">${name}</text>`,
  ].join("\n");
}

const powers = ([from, to]: readonly [number, number]) =>
  Array.from({ length: to - from + 1 }, (_, index) => 10 ** (from + index));
const grid = [
  ...powers(xEnds).map(
    (nodes) =>
      `<line x1="${x(nodes)}" x2="${x(nodes)}" y1="${size.top}" y2="${size.height - size.bottom}" stroke="#dddddd"/>` +
      `<text x="${x(nodes)}" y="${size.height - size.bottom + 18}" text-anchor="middle">${nodes.toLocaleString("en")}</text>`,
  ),
  ...powers(yEnds).map(
    (seconds) =>
      `<line x1="${size.left}" x2="${size.width - size.right}" y1="${y(seconds)}" y2="${y(seconds)}" stroke="#dddddd"/>` +
      `<text x="${size.left - 8}" y="${Number(y(seconds)) + 4}" text-anchor="end">${seconds.toLocaleString("en")} s</text>`,
  ),
];

/** Draws the two kinds of runs, each by rising number of nodes. */
export function plotOf(first: readonly Point[], steady: readonly Point[]): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${size.width} ${size.height}" font-family="sans-serif" font-size="12">
<title>Seconds of a run by number of nodes, and the least that AWS allows</title>
<rect width="100%" height="100%" fill="#ffffff"/>
${grid.join("\n")}
<text x="${(size.left + size.width - size.right) / 2}" y="${size.height - 8}" text-anchor="middle">nodes</text>
${series("first audit", first, "seconds", "#b03a2e")}
${series("its floor", first, "floor", "#b03a2e")}
${series("steady run", steady, "seconds", "#1f618d")}
${series("its floor", steady, "floor", "#1f618d")}
</svg>
`;
}
