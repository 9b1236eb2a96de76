/** SVG for docs/pictures. The palette is distinguishable for colour-blind people (Okabe and Ito). */
const palette = ["#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#999999", "#f0e442"];
const ink = "#16191f";
const faint = "#d5dbdb";

export interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}

/** A line, or a layer of a stacked chart: one value per day, undefined for a day without a value. */
export interface Series {
  label: string;
  values: readonly (number | undefined)[];
}

export function document(width: number, height: number, title: string, parts: readonly string[]): string {
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="12" role="img">`,
    `<title>${escaped(title)}</title>`,
    `<rect width="${width}" height="${height}" fill="#f2f3f3"/>`,
    ...parts,
    "</svg>\n",
  ].join("\n");
}

export function card({ x, y, width, height }: Box, title: string): string {
  const frame = `<rect x="${x}" y="${y}" width="${width}" height="${height}" fill="#fff" stroke="${faint}" rx="4"/>`;
  return `${frame}${text(x + 12, y + 20, title, { weight: "bold" })}`;
}

interface Look {
  size?: number;
  weight?: string;
  anchor?: string;
  colour?: string;
}

export function text(x: number, y: number, words: string, look: Look = {}): string {
  const { size = 12, weight = "normal", anchor = "start", colour = ink } = look;
  return `<text x="${round(x)}" y="${round(y)}" font-size="${size}" font-weight="${weight}" text-anchor="${anchor}" fill="${colour}">${escaped(words)}</text>`;
}

export function bar({ x, y, width, height }: Box, colour = palette[0]): string {
  return `<rect x="${round(x)}" y="${round(y)}" width="${round(width)}" height="${round(height)}" fill="${colour}" rx="2"/>`;
}

const legendRow = 15;
/** Maximum number of letters in a third of a chart's width. */
const shortName = 22;

interface Chart {
  box: Box;
  series: readonly Series[];
  stacked: boolean;
  label: string;
  max?: number;
  /** A horizontal line with a label. */
  mark?: { value: number; label: string };
}

export function chart({ box, series, stacked, label, max, mark }: Chart): string {
  const legendColumns = series.every((each) => each.label.length <= shortName) ? 3 : 2;
  const legend = Math.ceil(series.length / legendColumns) * legendRow;
  const plot = { x: box.x + 44, y: box.y + 48, width: box.width - 60, height: box.height - 76 - legend };
  const days = Math.max(...series.map(({ values }) => values.length));
  const sums = Array.from({ length: days }, (_, day) => series.map(({ values }) => values[day] ?? 0));
  const highest = Math.max(...sums.map((each) => (stacked ? sum(each) : Math.max(...each))));
  const top = max ?? niceAbove(highest);
  const px = (day: number) => round(plot.x + (plot.width * day) / (days - 1));
  const py = (value: number) => round(plot.y + plot.height * (1 - value / top));

  const grid = [0, 0.5, 1].map((part) => {
    const y = py(part * top);
    const line = `<line x1="${plot.x}" x2="${plot.x + plot.width}" y1="${y}" y2="${y}" stroke="${faint}"/>`;
    return `${line}${text(plot.x - 6, y + 4, String(part * top), { size: 11, anchor: "end" })}`;
  });
  const below = sums.map(() => 0);
  const drawn = series.map(({ values }, index) => {
    const colour = colourOf(index);
    if (!stacked) {
      const points = values.flatMap((value, day) => (value === undefined ? [] : [`${px(day)},${py(value)}`]));
      return `<polyline points="${points.join(" ")}" fill="none" stroke="${colour}" stroke-width="2"/>`;
    }
    const lower = below.map((value, day) => `${px(day)},${py(value)}`).reverse();
    for (const [day, value] of values.entries()) below[day] = (below[day] ?? 0) + (value ?? 0);
    const upper = below.map((value, day) => `${px(day)},${py(value)}`);
    return `<polygon points="${[...upper, ...lower].join(" ")}" fill="${colour}" fill-opacity="0.85"/>`;
  });
  const names = series.map((each, index) => {
    const x = box.x + 16 + (index % legendColumns) * ((box.width - 24) / legendColumns);
    const y = box.y + box.height - legend + Math.floor(index / legendColumns) * legendRow;
    return `${bar({ x, y: y - 9, width: 9, height: 9 }, colourOf(index))}${text(x + 13, y, each.label, { size: 10 })}`;
  });
  return [
    text(plot.x - 28, plot.y - 10, label, { size: 11 }),
    ...grid,
    ...drawn,
    ...(mark ? [markAt(py(mark.value), plot, mark.label)] : []),
    text(plot.x, plot.y + plot.height + 15, "day 1", { size: 11 }),
    text(plot.x + plot.width, plot.y + plot.height + 15, `day ${days}`, { size: 11, anchor: "end" }),
    ...names,
  ].join("\n");
}

function markAt(y: number, plot: Box, label: string): string {
  const line = `<line x1="${plot.x}" x2="${plot.x + plot.width}" y1="${y}" y2="${y}" stroke="#d13212" stroke-dasharray="4"/>`;
  return `${line}${text(plot.x + plot.width, y + 14, label, { size: 11, anchor: "end", colour: "#d13212" })}`;
}

function colourOf(index: number): string {
  return palette[index % palette.length] ?? ink;
}

function niceAbove(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value || 1));
  return [1, 2, 4, 6, 8, 10].map((step) => step * power).find((step) => step >= value) ?? value;
}

function sum(values: readonly number[]): number {
  return values.reduce((all, value) => all + value, 0);
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

function escaped(words: string): string {
  return words.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}
