import type { Text } from "./cursor.ts";
import { candidateHere, type KeySearch } from "./keys.ts";
import type { Directive, Tag } from "./properties.ts";

/**
 * Block collections have no marks: the scanner derives "block ..." and most "key" tokens from indentation and colons.
 */
export type Token =
  | { type: "block mapping" | "block sequence" | "block end" | "key" | "value" | "entry" }
  | { type: "[" | "]" | "{" | "}" | "," }
  | { type: "document start" | "document end" | "stream end" }
  | { type: "alias" | "anchor"; name: string }
  | ({ type: "tag" } & Tag)
  | { type: "scalar"; text: string; plain: boolean }
  | Directive;

/** The tokens of a text that were read so far, and the open collections. */
export interface Scanner extends KeySearch {
  /** Tokens from `head` on are not consumed yet. */
  queue: Token[];
  head: number;
  /** Number of consumed tokens. */
  passed: number;
  flowLevel: number;
  indent: number;
  /** Indentations of the outer block collections. */
  readonly indents: number[];
}

export function scannerOf(text: Text): Scanner {
  const start = { ...text, at: 0, line: 0, lineStart: 0 };
  return {
    ...start,
    ...{ queue: [], head: 0, passed: 0 },
    ...{ flowLevel: 0, indent: -1, indents: [] },
    ...{ keyAllowed: true, candidates: [candidateHere(start, 0)], levelOfToken: new Map() },
  };
}

export function skip(scanner: Scanner): void {
  scanner.passed++;
  scanner.head++;
  if (scanner.head < scanner.queue.length) return;
  scanner.queue = [];
  scanner.head = 0;
}

/** The number of the next token that enters the queue. */
export function nextNumber({ passed, queue, head }: Scanner): number {
  return passed + queue.length - head;
}

/** Inserts a token before token `number`, or at the end of the queue if token `number` is already consumed. */
export function insert(scanner: Scanner, number: number, token: Token): void {
  if (number < scanner.passed) scanner.queue.push(token);
  else scanner.queue.splice(scanner.head + number - scanner.passed, 0, token);
}

type BlockStart = "block mapping" | "block sequence";

/** If the column is deeper than the indentation, a block collection starts with the token of this number. */
export function rollIndent(scanner: Scanner, to: number, type: BlockStart, number: number): void {
  if (scanner.flowLevel > 0 || scanner.indent >= to) return;
  scanner.indents.push(scanner.indent);
  scanner.indent = to;
  insert(scanner, number, { type });
}

export function unrollIndent(scanner: Scanner, to: number): void {
  if (scanner.flowLevel > 0) return;
  while (scanner.indent > to) {
    scanner.queue.push({ type: "block end" });
    scanner.indent = scanner.indents.pop() ?? -1;
  }
}
