/**
 * `npm run bench:plot -- RESULTS…`: draws docs/pictures/scale.svg from output of `npm run bench -- --json`. The picture
 * shows the
 * seconds of a first and of a steady run by number of nodes, and the minimum that AWS allows.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { z } from "zod";

const resultModel = z.object({
  run: z.string(),
  nodes: z.number(),
  seconds: z.number(),
  floorSeconds: z.number(),
});

const size = { width: 720, height: 400, left: 64, right: 150, top: 16, bottom: 48 };
/** Exponents of ten at the ends of the axes. */
const [xEnds, yEnds] = [
  [1, 5],
  [0, 4],
] as const;

const results = process.argv.slice(2).flatMap((file) =>
  readFileSync(file, "utf8")
    .split("\n")
    .filter((line) => line.startsWith("{"))
    .map((line) => resultModel.parse(JSON.parse(line))),
);
if (results.length === 0) {
  console.error(
    "Usage: npm run bench:plot -- RESULTS…\n\nRESULTS: files with the output of npm run -s bench -- --json",
  );
  process.exit(1);
}

/** The points of one curve. If a first audit took several runs, their seconds are added. */
const pointsOf = (run: string, field: "seconds" | "floorSeconds") =>
  [
    ...Map.groupBy(
      results.filter((each) => each.run === run),
      ({ nodes }) => nodes,
    ),
  ]
    .sort(([one], [other]) => one - other)
    .map(([nodes, runs]) => ({ x: nodes, y: runs.reduce((sum, each) => sum + each[field], 0) }));

const scale = (value: number, [from, to]: readonly [number, number], start: number, end: number) =>
  start + ((Math.log10(value) - from) / (to - from)) * (end - start);
const x = (nodes: number) => scale(nodes, xEnds, size.left, size.width - size.right).toFixed(1);
const y = (seconds: number) => scale(Math.max(1, seconds), yEnds, size.height - size.bottom, size.top).toFixed(1);

function series(name: string, run: string, field: "seconds" | "floorSeconds", colour: string): string {
  const points = pointsOf(run, field);
  const last = points.at(-1);
  if (!last) return "";
  const path = points.map((point) => `${x(point.x)},${y(point.y)}`).join(" ");
  const dots = points.map((point) => `<circle cx="${x(point.x)}" cy="${y(point.y)}" r="3" fill="${colour}"/>`);
  const dash = field === "floorSeconds" ? ' stroke-dasharray="5 4"' : "";
  const above = field === "floorSeconds" ? 12 : -4;
  return [
    `<polyline points="${path}" fill="none" stroke="${colour}" stroke-width="2"${dash}/>`,
    ...(dash ? [] : dots),
    `<text x="${Number(x(last.x)) + 8}" y="${Number(y(last.y)) + above}" fill="${colour}">${name}</text>`,
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

const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${size.width} ${size.height}" font-family="sans-serif" font-size="12">
<title>Seconds of a run by number of nodes, and the least that AWS allows</title>
<rect width="100%" height="100%" fill="#ffffff"/>
${grid.join("\n")}
<text x="${(size.left + size.width - size.right) / 2}" y="${size.height - 8}" text-anchor="middle">nodes</text>
${series("first audit", "first", "seconds", "#b03a2e")}
${series("its floor", "first", "floorSeconds", "#b03a2e")}
${series("steady run", "steady", "seconds", "#1f618d")}
${series("its floor", "steady", "floorSeconds", "#1f618d")}
</svg>
`;
writeFileSync(new URL("../docs/pictures/scale.svg", import.meta.url), svg);
