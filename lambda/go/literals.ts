/**
 * Ports of Go's strconv.ParseBool, strconv.ParseInt with base 0, time.ParseDuration and Duration.String. Each parser
 * returns undefined if Go returns an error.
 * Sources: go.dev/pkg/strconv, go.dev/pkg/time, go.dev/ref/spec (integer literals).
 */

const booleans = new Map<string, boolean>([
  ...["1", "t", "T", "TRUE", "true", "True"].map((text) => [text, true] as const),
  ...["0", "f", "F", "FALSE", "false", "False"].map((text) => [text, false] as const),
]);

export function parseBool(text: string): boolean | undefined {
  return booleans.get(text);
}

/** Maximum characters of a number without its leading zeros. A longer one does not fit in 64 bits. */
const longestNumber = 100;
/** Maximum characters of the text of a number: the most bytes of a file that the collector sends. */
const longestText = 262_144;

const digitsOfBase: Readonly<Record<string, RegExp>> = {
  x: /^0[xX](_?[0-9a-fA-F])+$/,
  o: /^0[oO](_?[0-7])+$/,
  b: /^0[bB](_?[01])+$/,
  "0": /^0(_?[0-7])*$/,
  decimal: /^[1-9](_?[0-9])*$/,
};

/** Parses an integer as Go does with base 0, which accepts 0x27FF, 010 (eight), 0o10, 0b11, 1_000 and +5. */
export function parseInteger(text: string, bits: 32 | 64): bigint | undefined {
  const [, sign = "", digits = ""] = /^([+-]?)(.*)$/s.exec(text) ?? [];
  const magnitude = parseMagnitude(digits);
  return magnitude === undefined ? undefined : inRange(sign === "-" ? -magnitude : magnitude, bits);
}

function parseMagnitude(digits: string): bigint | undefined {
  if (digits.length > longestText) return undefined;
  const base = Object.entries(digitsOfBase).find(([, pattern]) => pattern.test(digits))?.[0];
  if (base === undefined) return undefined;
  const plain = digits.replaceAll("_", "").toLowerCase();
  const prefix = base === "decimal" ? "" : base === "0" ? "0o" : plain.slice(0, 2);
  const significant = plain.slice(base === "0" ? 0 : prefix.length).replace(/^0+/, "");
  return significant.length > longestNumber ? undefined : BigInt(`${prefix}${significant || "0"}`);
}

/** strconv.ParseUint with base 0 and 64 bits. It accepts no sign. */
export function parseUnsigned(text: string): bigint | undefined {
  const magnitude = parseMagnitude(text);
  return magnitude !== undefined && BigInt.asUintN(64, magnitude) === magnitude ? magnitude : undefined;
}

/** strconv.ParseInt with base 10, as the JSON decoders use it. It accepts no "+", underscores or exponent. */
export function parseDecimal(text: string, bits: 32 | 64): bigint | undefined {
  return text.length <= longestNumber && /^-?[0-9]+$/.test(text) ? inRange(BigInt(text), bits) : undefined;
}

function inRange(value: bigint, bits: 32 | 64): bigint | undefined {
  return BigInt.asIntN(bits, value) === value ? value : undefined;
}

/** Nanoseconds in each unit. */
const units: ReadonlyMap<string, bigint> = new Map([
  ["ns", 1n],
  ["us", 1_000n],
  ["µs", 1_000n], // U+00B5, micro sign
  ["μs", 1_000n], // U+03BC, Greek letter mu
  ["ms", 1_000_000n],
  ["s", 1_000_000_000n],
  ["m", 60_000_000_000n],
  ["h", 3_600_000_000_000n],
]);

const term = /([0-9]*)(\.[0-9]*)?([^0-9.]*)/y;

/** The largest magnitude of a 64-bit integer. Only a negative duration may have it. */
const largest = 1n << 63n;

/** The nanoseconds of a duration: a sign, then one or more pairs of number and unit. "0" alone needs no unit. */
export function parseDuration(text: string): bigint | undefined {
  const negative = text.startsWith("-");
  const terms = text.replace(/^[+-]/, "");
  if (terms === "0") return 0n;
  if (terms === "") return undefined;
  let total = 0n;
  term.lastIndex = 0;
  while (term.lastIndex < terms.length) {
    const [, whole = "", point = "", unit = ""] = term.exec(terms) ?? [];
    const nanoseconds = whole + point.slice(1) === "" ? undefined : units.get(unit);
    const units64 = leadingInteger(whole);
    if (nanoseconds === undefined || units64 === undefined || units64 > largest / nanoseconds) return undefined;
    total += units64 * nanoseconds + leadingFraction(point.slice(1), nanoseconds);
    if (total > largest) return undefined;
  }
  if (negative) return -total;
  return total === largest ? undefined : total;
}

/** Source: go.dev/src/time/format.go leadingInt. */
function leadingInteger(digits: string): bigint | undefined {
  const significant = digits.replace(/^0+/, "");
  return significant.length > largest.toString().length ? undefined : BigInt(significant || "0");
}

/**
 * The nanoseconds of the digits after the point. Go stops before the digits overflow 63 bits and multiplies in floating
 * point, so 1.9999999999999999999s are two seconds. Source: go.dev/src/time/format.go leadingFraction.
 */
function leadingFraction(digits: string, unit: bigint): bigint {
  let [value, scale] = [0n, 1];
  for (const digit of digits) {
    const next = value * 10n + BigInt(digit);
    if (next > largest) break;
    value = next;
    scale *= 10;
  }
  return value === 0n ? 0n : BigInt(Math.trunc(Number(value) * (Number(unit) / scale)));
}

/** time.Duration.String: "4h0m0s", "1m30s", "1.5s", "100ms", "1µs", "0s". */
export function formatDuration(nanoseconds: bigint): string {
  if (nanoseconds === 0n) return "0s";
  if (nanoseconds < 0n) return `-${formatDuration(-nanoseconds)}`;
  const second = 1_000_000_000n;
  if (nanoseconds < second) {
    const [unit, size] =
      nanoseconds < 1_000n
        ? (["ns", 1n] as const)
        : nanoseconds < 1_000_000n
          ? (["µs", 1_000n] as const)
          : (["ms", 1_000_000n] as const);
    return `${decimal(nanoseconds, size)}${unit}`;
  }
  const minutes = nanoseconds / (60n * second);
  const seconds = `${decimal(nanoseconds % (60n * second), second)}s`;
  if (minutes === 0n) return seconds;
  return minutes < 60n ? `${minutes}m${seconds}` : `${minutes / 60n}h${minutes % 60n}m${seconds}`;
}

function decimal(value: bigint, unit: bigint): string {
  const fraction = (value % unit)
    .toString()
    .padStart(unit.toString().length - 1, "0")
    .replace(/0+$/, "");
  return `${value / unit}${fraction && `.${fraction}`}`;
}
