import { type Cursor, column, malformed } from "./cursor.ts";

/** The scanner's state for finding keys. A key without `?` is recognised only by the colon after it. */
export interface KeySearch extends Cursor {
  readonly flowLevel: number;
  /** Column of the innermost block collection; -1 outside of all. */
  readonly indent: number;
  /** Whether a key without `?` may start here. */
  keyAllowed: boolean;
  /** Text that may still turn out to be a key, by flow level. */
  readonly candidates: Candidate[];
  /** Flow levels of candidates, keyed by the number of the token with which a candidate starts. */
  readonly levelOfToken: Map<number, number>;
}

/** Text that becomes a key if a colon follows on its line. */
export interface Candidate {
  possible: boolean;
  /** Whether only a key may be at this position. */
  required: boolean;
  /** The number of its first token. */
  token: number;
  at: number;
  line: number;
  column: number;
}

/**
 * Records that a key may start with `token`, the next token. Source: go-yaml v2 scannerc.go,
 * yaml_parser_save_simple_key.
 */
export function mayBecomeKey(search: KeySearch, token: number): void {
  if (!search.keyAllowed) return;
  dismissCandidate(search);
  const required = search.flowLevel === 0 && search.indent === column(search);
  search.candidates[search.flowLevel] = { ...candidateHere(search, token), possible: true, required };
  search.levelOfToken.set(token, search.flowLevel);
}

export function candidateHere(search: Cursor, token: number): Candidate {
  return { possible: false, required: false, token, at: search.at, line: search.line, column: column(search) };
}

export function beginsPossibleKey(search: KeySearch, token: number): boolean {
  const level = search.levelOfToken.get(token);
  const candidate = level === undefined ? undefined : search.candidates[level];
  return candidate !== undefined && isPossible(search, candidate);
}

/**
 * Maximum characters between the start of a key and its colon. Source: go-yaml v2 scannerc.go,
 * yaml_simple_key_is_valid.
 */
const longestKey = 1_024;

export function isPossible(search: KeySearch, candidate: Candidate): boolean {
  if (!candidate.possible) return false;
  if (candidate.line === search.line && distance(search, candidate.at) <= longestKey) return true;
  ruleOut(search, candidate);
  return false;
}

/** The distance in code points. A code point beyond U+FFFF has two units in a JavaScript string. */
function distance({ text, at }: Cursor, from: number): number {
  return at - from <= longestKey || at - from > 2 * longestKey ? at - from : [...text.slice(from, at)].length;
}

function ruleOut(search: KeySearch, candidate: Candidate): void {
  if (candidate.required) throw malformed(search, "a key lacks its colon");
  candidate.possible = false;
}

export function dismissCandidate(search: KeySearch): void {
  const candidate = search.candidates[search.flowLevel];
  if (!candidate?.possible) return;
  ruleOut(search, candidate);
  search.levelOfToken.delete(candidate.token);
}

/** Removes the candidate, because the colon at the cursor proves that it is a key. */
export function confirmKey(search: KeySearch, candidate: Candidate): void {
  candidate.possible = false;
  search.levelOfToken.delete(candidate.token);
}
