import { RE2JS } from "@bufbuild/re2";
import type { Environment } from "@marcbachmann/cel-js/evaluator";
import { billionthsOf } from "../go/quantity.ts";
import { type Meter, spend } from "./meter.ts";

/** A quantity of Kubernetes, for example 1Gi. */
export class QuantityValue {
  readonly billionths: bigint;
  readonly #text: string;
  constructor(text: string) {
    const billionths = billionthsOf(text);
    if (billionths === undefined) throw new RangeError(`${JSON.stringify(text.slice(0, 60))} is not a quantity`);
    this.billionths = billionths;
    this.#text = text;
  }

  toString(): string {
    return this.#text;
  }
}

/**
 * Functions that replace those of the library. Its matches() uses regular expressions of JavaScript, which can take
 * exponential time; RE2, which the CEL specification requires, takes linear time. Its lowerAscii() and upperAscii()
 * change other letters, too, and its trim() removes other characters than the blanks of Unicode.
 */
export const replaced: Readonly<Record<string, string>> = {
  matches: "matchesRe2",
  lowerAscii: "lowerAsciiOnly",
  upperAscii: "upperAsciiOnly",
  trim: "trimBlanks",
};

/** The functions that expressions may call: the part of CEL that docs/own-rules.md describes. */
export const functionNames = [
  "all",
  "asInteger",
  "bool",
  "compareTo",
  "contains",
  "double",
  "duration",
  "endsWith",
  "exists",
  "exists_one",
  "filter",
  "getHours",
  "getMilliseconds",
  "getMinutes",
  "getSeconds",
  "has",
  "indexOf",
  "int",
  "isGreaterThan",
  "isLessThan",
  "isQuantity",
  "join",
  "lowerAscii",
  "map",
  "matches",
  "quantity",
  "size",
  "split",
  "startsWith",
  "string",
  "substring",
  "trim",
  "upperAscii",
] as const;

/** Maximum characters of a regular expression. */
const patternLength = 1_000;

/**
 * The steps of a match are the characters of the text times the instructions of the compiled regular expression,
 * divided by this number.
 */
const charactersPerStep = 64;

/** Steps for each instruction of a regular expression that is compiled while a node is judged. Measured: up to 0.1 ms. */
const stepsPerInstruction = 10;

/**
 * Registers the functions that the library lacks. Source: Kubernetes, "Common Expression Language", library of
 * quantities.
 */
export function registerFunctions(environment: Environment, meter: Meter): void {
  const sync = { async: false };
  environment.registerType("quantity", { ctor: QuantityValue, fields: {} });
  const add = (signature: string, handler: (...values: never[]) => unknown) =>
    environment.registerFunction(signature, handler, sync);
  add("quantity(string): quantity", (text: string) => new QuantityValue(text));
  add("isQuantity(string): bool", (text: string) => billionthsOf(text) !== undefined);
  add("quantity.compareTo(quantity): int", (one: QuantityValue, other: QuantityValue) => BigInt(compare(one, other)));
  add("quantity.isLessThan(quantity): bool", (one: QuantityValue, other: QuantityValue) => compare(one, other) < 0);
  add("quantity.isGreaterThan(quantity): bool", (one: QuantityValue, other: QuantityValue) => compare(one, other) > 0);
  add("quantity.asInteger(): int", asInteger);
  add("string.matchesRe2(string): bool", (text: string, pattern: string) => {
    const isNew = !patterns.has(pattern);
    const compiled = compiledPattern(pattern);
    const instructions = compiled.re2().prog.numInst();
    if (isNew) spend(meter, instructions * stepsPerInstruction);
    spend(meter, Math.ceil((text.length * instructions) / charactersPerStep));
    return compiled.test(text);
  });
  const ascii = (text: string, of: RegExp, change: (letters: string) => string) => text.replaceAll(of, change);
  add("string.lowerAsciiOnly(): string", (text: string) => ascii(text, /[A-Z]+/g, (letters) => letters.toLowerCase()));
  add("string.upperAsciiOnly(): string", (text: string) => ascii(text, /[a-z]+/g, (letters) => letters.toUpperCase()));
  add("string.trimBlanks(): string", trimBlanks);
}

const blank = /^\p{White_Space}$/u;

/** Compares characters, because a regular expression for the end of a text can take quadratic time. */
function trimBlanks(text: string): string {
  let [start, end] = [0, text.length];
  while (start < end && blank.test(text.charAt(start))) start++;
  while (end > start && blank.test(text.charAt(end - 1))) end--;
  return text.slice(start, end);
}

function compare({ billionths: one }: QuantityValue, { billionths: other }: QuantityValue): -1 | 0 | 1 {
  if (one === other) return 0;
  return one < other ? -1 : 1;
}

/** Patterns are literals of rules.yaml with few exceptions, so each is compiled once. */
const patterns = new Map<string, RE2JS>();

/** Maximum compiled patterns that are kept. */
const keptPatterns = 200;

export function compiledPattern(pattern: string): RE2JS {
  const known = patterns.get(pattern);
  if (known) return known;
  if (pattern.length > patternLength)
    throw new RangeError(`a regular expression has more than ${patternLength} characters`);
  const compiled = RE2JS.compile(pattern);
  if (patterns.size >= keptPatterns) patterns.clear();
  patterns.set(pattern, compiled);
  return compiled;
}

/** Source: Kubernetes, CEL library quantity: asInteger is an error if the quantity has a fraction. */
function asInteger({ billionths }: QuantityValue): bigint {
  const whole = billionths / 1_000_000_000n;
  if (whole * 1_000_000_000n !== billionths) throw new RangeError("the quantity is not a whole number");
  return whole;
}
