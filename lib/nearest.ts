import { distance } from "fastest-levenshtein";

/** One slip for every so many letters of the name, begun or whole: "tag" and "clutsers" are slips, "logs" is not tags. */
const lettersPerSlip = 4;

/** The name that `word` most likely was meant to be, whatever its letter case and punctuation; undefined if none is near. */
export function nearest(word: string, names: readonly string[]): string | undefined {
  return names
    .map((name) => ({ name, slips: distance(bare(word), bare(name)) }))
    .filter(({ name, slips }) => slips <= Math.ceil(name.length / lettersPerSlip))
    .toSorted((one, other) => one.slips - other.slips)[0]?.name;
}

function bare(word: string): string {
  return word.toLowerCase().replaceAll(/[^a-z\d]/g, "");
}
