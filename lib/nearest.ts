import { distance } from "fastest-levenshtein";

/** One slip for every so many letters of the name, begun or whole: "tag" and "clutsers" are slips, "logs" is not tags. */
const lettersPerSlip = 4;

/** Letters that a name is known by: "benchmark" is benchmarkVersion cut short. */
const knownBy = 4;

/** The name that `word` most likely was meant to be, whatever its letter case and punctuation; undefined if none is near. */
export function nearest(word: string, names: readonly string[]): string | undefined {
  return names
    .map((name) => ({ name, slips: distance(bare(word), bare(name)) }))
    .filter(({ name, slips }) => slips <= Math.ceil(name.length / lettersPerSlip) || isCutShort(bare(word), bare(name)))
    .toSorted((one, other) => one.slips - other.slips)[0]?.name;
}

function isCutShort(word: string, name: string): boolean {
  return word.length >= knownBy && name.startsWith(word);
}

function bare(word: string): string {
  return word.toLowerCase().replaceAll(/[^a-z\d]/g, "");
}
