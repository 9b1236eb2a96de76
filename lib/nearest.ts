/** One slip in so many letters still counts as a misspelling: "tag" is tags, "clutsers" is clusters, "logs" is neither. */
const lettersPerSlip = 4;

/** The name that `word` most likely was meant to be, whatever its letter case and punctuation; undefined if none is near. */
export function nearest(word: string, names: readonly string[]): string | undefined {
  return names
    .map((name) => ({ name, slips: slips(bare(word), bare(name)) }))
    .filter(({ name, slips }) => slips <= name.length / lettersPerSlip)
    .toSorted((one, other) => one.slips - other.slips)[0]?.name;
}

function bare(word: string): string {
  return word.toLowerCase().replaceAll(/[^a-z\d]/g, "");
}

/** Letters to add, drop, change or swap with their neighbour to get from one word to the other. */
function slips(from: string, to: string): number {
  if (from === "" || to === "") return Math.max(from.length, to.length);
  // rows[i][j]: slips between the first i letters of one and the first j of the other.
  const rows = [Array.from({ length: to.length + 1 }, (_, column) => column)];
  const at = (row: number, column: number) => rows[row]?.[column] ?? Number.POSITIVE_INFINITY;
  for (let row = 1; row <= from.length; row++) {
    rows[row] = [row];
    for (let column = 1; column <= to.length; column++) {
      const changed = from[row - 1] === to[column - 1] ? 0 : 1;
      const swapped = from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1];
      const ways = [at(row - 1, column) + 1, at(row, column - 1) + 1, at(row - 1, column - 1) + changed];
      if (swapped) ways.push(at(row - 2, column - 2) + 1);
      rows[row]?.push(Math.min(...ways));
    }
  }
  return at(from.length, to.length);
}
