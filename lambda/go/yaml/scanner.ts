import {
  ahead,
  atBreak,
  atDocumentMark,
  blanks,
  column,
  comment,
  current,
  end,
  looksAt,
  malformed,
  pattern,
  take,
  takeBreak,
  want,
} from "./cursor.ts";
import { beginsPossibleKey, candidateHere, confirmKey, dismissCandidate, isPossible, mayBecomeKey } from "./keys.ts";
import { readAnchorName, readDirective, readTag } from "./properties.ts";
import { readBlock, readPlain, readQuoted } from "./styles.ts";
import { insert, nextNumber, rollIndent, type Scanner, type Token, unrollIndent } from "./tokens.ts";

/**
 * A port of the scanner of go-yaml v2, which comes from libyaml. It reads exactly as far ahead as the original, because
 * an error after the first document counts only if go-yaml reads that far. Source: go-yaml v2 scannerc.go.
 */

/** The next token. The scanner returns a token only when it is certain whether a key starts with it. */
export function peek(scanner: Scanner): Token {
  for (;;) {
    const token = scanner.queue[scanner.head];
    if (token !== undefined && !beginsPossibleKey(scanner, scanner.passed)) return token;
    fetchToken(scanner);
  }
}

/** Characters that go-yaml reads ahead to find the end of a scalar. */
const aheadOfEnd = 2;

function fetchToken(scanner: Scanner): void {
  skipToToken(scanner);
  unrollIndent(scanner, column(scanner));
  want(scanner, ahead);
  if (current(scanner) === end) fetchStreamEnd(scanner);
  else if (column(scanner) === 0 && current(scanner) === "%") fetchOutside(scanner, () => readDirective(scanner));
  else if (atDocumentMark(scanner)) fetchOutside(scanner, () => readDocumentMark(scanner));
  else fetchInside(scanner);
}

/**
 * Skips blanks, comments and line breaks before a token. A tab is not a blank where a key may start in a block. A
 * comment needs no space before it.
 */
function skipToToken(scanner: Scanner): void {
  for (;;) {
    take(scanner, scanner.flowLevel > 0 || !scanner.keyAllowed ? blanks : / */y);
    if (current(scanner) === "#") take(scanner, comment);
    if (!atBreak(scanner)) return;
    takeBreak(scanner);
    if (scanner.flowLevel === 0) scanner.keyAllowed = true;
  }
}

function fetchStreamEnd(scanner: Scanner): void {
  if (column(scanner) > 0) {
    scanner.line++;
    scanner.lineStart = scanner.at;
  }
  fetchOutside(scanner, () => ({ type: "stream end" }));
}

/** Fetches a token that ends all blocks. */
function fetchOutside(scanner: Scanner, read: () => Token): void {
  unrollIndent(scanner, -1);
  dismissCandidate(scanner);
  scanner.keyAllowed = false;
  scanner.queue.push(read());
}

function readDocumentMark(scanner: Scanner): Token {
  const type = current(scanner) === "-" ? "document start" : "document end";
  scanner.at += "---".length;
  return { type };
}

const spaced = pattern`.(?=[<white>])`;

function fetchInside(scanner: Scanner): void {
  const mark = current(scanner);
  const inFlow = scanner.flowLevel > 0;
  if (mark === "[" || mark === "{") openFlow(scanner, mark);
  else if (mark === "]" || mark === "}") closeFlow(scanner, mark);
  else if (mark === ",") fetchFlowEntry(scanner);
  else if (mark === "-" && looksAt(scanner, spaced)) fetchEntry(scanner);
  else if (mark === "?" && (inFlow || looksAt(scanner, spaced))) fetchKey(scanner);
  else if (mark === ":" && (inFlow || looksAt(scanner, spaced))) fetchValue(scanner);
  else if ((mark === "|" || mark === ">") && !inFlow) fetchBlockScalar(scanner);
  else if ("|>%@`\t".includes(mark)) throw malformed(scanner, `${JSON.stringify(mark)} cannot start anything`);
  else fetchContent(scanner, mark);
}

/** Source: go-yaml v2 scannerc.go, yaml_parser_increase_flow_level. */
function openFlow(scanner: Scanner, type: "[" | "{"): void {
  mayBecomeKey(scanner, nextNumber(scanner));
  scanner.candidates.push(candidateHere(scanner, nextNumber(scanner)));
  scanner.flowLevel++;
  fetchMark(scanner, type, true);
}

/** As in go-yaml, the end of an empty collection removes the collection's own candidate, so that it cannot be a key. */
function closeFlow(scanner: Scanner, type: "]" | "}"): void {
  dismissCandidate(scanner);
  if (scanner.flowLevel > 0) {
    scanner.flowLevel--;
    const candidate = scanner.candidates.pop();
    if (candidate) scanner.levelOfToken.delete(candidate.token);
  }
  fetchMark(scanner, type, false);
}

function fetchFlowEntry(scanner: Scanner): void {
  dismissCandidate(scanner);
  fetchMark(scanner, ",", true);
}

function fetchEntry(scanner: Scanner): void {
  if (scanner.flowLevel === 0) openBlock(scanner, "block sequence");
  dismissCandidate(scanner);
  fetchMark(scanner, "entry", true);
}

function fetchKey(scanner: Scanner): void {
  if (scanner.flowLevel === 0) openBlock(scanner, "block mapping");
  dismissCandidate(scanner);
  fetchMark(scanner, "key", scanner.flowLevel === 0);
}

/** Fetches a colon. If a candidate precedes it on its line, the candidate is a key. */
function fetchValue(scanner: Scanner): void {
  const candidate = scanner.candidates[scanner.flowLevel];
  if (candidate && isPossible(scanner, candidate)) {
    insert(scanner, candidate.token, { type: "key" });
    rollIndent(scanner, candidate.column, "block mapping", candidate.token);
    confirmKey(scanner, candidate);
    fetchMark(scanner, "value", false);
  } else {
    if (scanner.flowLevel === 0) openBlock(scanner, "block mapping");
    fetchMark(scanner, "value", scanner.flowLevel === 0);
  }
}

type Mark = "[" | "]" | "{" | "}" | "," | "entry" | "key" | "value";

function fetchMark(scanner: Scanner, type: Mark, keyAllowed: boolean): void {
  scanner.keyAllowed = keyAllowed;
  scanner.at++;
  scanner.queue.push({ type });
}

function fetchBlockScalar(scanner: Scanner): void {
  dismissCandidate(scanner);
  scanner.keyAllowed = true;
  scanner.queue.push({ type: "scalar", text: readBlock(scanner, scanner.indent), plain: false });
  want(scanner, aheadOfEnd);
}

function fetchContent(scanner: Scanner, mark: string): void {
  mayBecomeKey(scanner, nextNumber(scanner));
  scanner.keyAllowed = false;
  if (mark === "&") scanner.queue.push({ type: "anchor", name: readAnchorName(scanner) });
  else if (mark === "*") scanner.queue.push({ type: "alias", name: readAnchorName(scanner) });
  else if (mark === "!") scanner.queue.push({ type: "tag", ...readTag(scanner) });
  else if (mark === '"' || mark === "'") {
    scanner.queue.push({ type: "scalar", text: readQuoted(scanner), plain: false });
  } else {
    const { text, endsLine } = readPlain(scanner, scanner.indent, scanner.flowLevel > 0);
    if (endsLine) scanner.keyAllowed = true;
    scanner.queue.push({ type: "scalar", text, plain: true });
  }
  want(scanner, aheadOfEnd);
}

function openBlock(scanner: Scanner, type: "block mapping" | "block sequence"): void {
  if (!scanner.keyAllowed) throw malformed(scanner, `no ${type} can start here`);
  rollIndent(scanner, column(scanner), type, nextNumber(scanner));
}
