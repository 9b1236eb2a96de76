/** The properties of a quantity that checks use. */
export interface Quantity {
  sign: -1 | 0 | 1;
  /** Whether the quantity is a whole number. */
  integral: boolean;
}

const syntax = /^(?<sign>[+-]?)(?<whole>[0-9]*)(?:\.(?<fraction>[0-9]*))?(?<suffix>.*)$/s;

/** Decimal suffixes with their powers of ten. */
const powersOfTen: ReadonlyMap<string, number> = new Map([
  ["", 0],
  ["n", -9],
  ["u", -6],
  ["m", -3],
  ["k", 3],
  ["M", 6],
  ["G", 9],
  ["T", 12],
  ["P", 15],
  ["E", 18],
]);
const powersOfTwo: ReadonlyMap<string, number> = new Map(
  ["Ki", "Mi", "Gi", "Ti", "Pi", "Ei"].map((suffix, index) => [suffix, 10 * (index + 1)]),
);

/**
 * Parses a quantity; undefined if Go returns an error. A sign or a point without digits is zero.
 * Source: k8s.io/apimachinery/pkg/api/resource ParseQuantity, parseQuantityString, quantitySuffixer.interpret.
 */
export function parseQuantity(text: string): Quantity | undefined {
  if (text === "") return undefined;
  const { sign = "", whole = "", fraction = "", suffix = "" } = syntax.exec(text)?.groups ?? {};
  const binary = powersOfTwo.get(suffix);
  const power = binary === undefined ? (powersOfTen.get(suffix) ?? exponentOf(suffix)) : 0;
  if (power === undefined) return undefined;
  const digits = withoutTrailingZeros(whole + fraction);
  if (digits === "") return { sign: 0, integral: true };
  const decimals = Math.max(digits.length - whole.length - power, 0);
  return { sign: sign === "-" ? -1 : 1, integral: isIntegral(digits, decimals, binary ?? 0) };
}

/** Written as a loop, because a regular expression takes quadratic time on many zeros before another digit. */
function withoutTrailingZeros(digits: string): string {
  let end = digits.length;
  while (digits[end - 1] === "0") end--;
  return digits.slice(0, end);
}

/** Decimal exponents: e3, E-3, e+3. A lone "E" is the suffix for 10^18. */
function exponentOf(suffix: string): number | undefined {
  return /^[eE][+-]?[0-9]+$/.test(suffix) ? Number(suffix.slice(1)) : undefined;
}

/** 10^decimals divides 2^binary × digits exactly when 2^decimals and 5^decimals do. */
function isIntegral(digits: string, decimals: number, binary: number): boolean {
  if (decimals === 0) return true;
  // `digits` has no trailing zeros, so a number with decimals is a fraction unless the binary suffix cancels them.
  if (binary === 0 || decimals > binary) return false;
  return (BigInt(digits) << BigInt(binary)) % 10n ** BigInt(decimals) === 0n;
}

/** The largest value of a quantity in Go. Go reduces larger values to this one. */
const largest = 2n ** 63n - 1n;

/** Maximum digits of a number that always fits into 64 bits. Go handles it without big decimals. */
const fastDigits = 18;

/** Decimals of the smallest unit, nano. Go rounds a smaller part up. */
const nano = 9;

/** Maximum digits before or after the point that can change the result, because a binary suffix is at most 2^60. */
const mostDigits = 80;

const decimalSuffixes = new Map([...powersOfTen].map(([suffix, power]) => [power, suffix]));

/**
 * A quantity as Go prints it: 1Gi for 1048576Ki, 1536Mi for 1.5Gi, 500m for 0.5. undefined if Go returns an error.
 * Source: k8s.io/apimachinery/pkg/api/resource ParseQuantity, Quantity.CanonicalizeBytes.
 */
export function canonicalQuantity(text: string): string | undefined {
  const quantity = parseQuantity(text);
  if (quantity === undefined) return undefined;
  if (quantity.sign === 0) return "0";
  const { whole = "", fraction = "", suffix = "" } = syntax.exec(text)?.groups ?? {};
  const sign = quantity.sign < 0 ? "-" : "";
  const binary = powersOfTwo.get(suffix);
  if (binary !== undefined) return sign + canonicalBinary(whole, fraction, binary);
  const exponent = powersOfTen.get(suffix) ?? exponentOf(suffix) ?? 0;
  return sign + canonicalDecimal(whole + fraction, exponent - fraction.length, powersOfTen.has(suffix));
}

function canonicalBinary(whole: string, fraction: string, power: number): string {
  const digits = whole.replace(/^0+/, "");
  if (digits.length > mostDigits) return largest.toString();
  const exact = withoutTrailingZeros(fraction);
  const decimals = exact.length > mostDigits ? `${exact.slice(0, mostDigits)}1` : exact;
  const scaled = BigInt(digits + decimals) << BigInt(power);
  const unit = 10n ** BigInt(decimals.length);
  if (scaled % unit !== 0n || scaled / unit < 1024n) {
    return canonicalDecimal(scaled.toString(), -decimals.length, true);
  }
  let value = scaled / unit;
  if (value > largest) value = largest;
  let step = 0;
  for (; value % 1024n === 0n; step++) value /= 1024n;
  return `${value}${[...powersOfTwo.keys()][step - 1] ?? ""}`;
}

/** `digits` times ten to the power, written with an exponent that is a multiple of three. */
function canonicalDecimal(digits: string, power: number, hasSuffix: boolean): string {
  const [mantissa, exponent] = withinBounds(digits.replace(/^0+/, ""), power);
  const short = withoutTrailingZeros(mantissa);
  const exact = exponent + mantissa.length - short.length;
  const zeros = ((exact % 3) + 3) % 3;
  const shown = exact - zeros;
  const unit = hasSuffix ? (decimalSuffixes.get(shown) ?? "") : shown === 0 ? "" : `e${shown}`;
  return `${short}${"0".repeat(zeros)}${unit}`;
}

/** Short numbers stay unchanged. Others are rounded up to a multiple of nano and limited to the largest value. */
function withinBounds(digits: string, power: number): [digits: string, power: number] {
  if (power >= -nano && digits.length <= fastDigits) return [digits, power];
  if (digits.length + power > fastDigits + 1) return [largest.toString(), 0];
  if (power < -nano) {
    const keeps = Math.max(digits.length + power + nano, 0);
    const isExact = withoutTrailingZeros(digits.slice(keeps)) === "";
    return [(BigInt(digits.slice(0, keeps)) + (isExact ? 0n : 1n)).toString(), -nano];
  }
  const value = BigInt(digits) * 10n ** BigInt(Math.max(power, 0));
  return power >= 0 && value > largest ? [largest.toString(), 0] : [digits, power];
}

/** Larger powers of ten count as this one: no comparison needs more, and 1e999999999 would take seconds. */
const mostPower = 100;

/** A quantity in billionths, rounded and limited like Go's; undefined if Go returns an error. */
export function billionthsOf(text: string): bigint | undefined {
  const { sign = "", whole = "", suffix = "" } = syntax.exec(canonicalQuantity(text) ?? "")?.groups ?? {};
  if (whole === "") return undefined;
  const binary = powersOfTwo.get(suffix);
  const digits = BigInt(sign + whole);
  if (binary !== undefined) return (digits << BigInt(binary)) * 10n ** BigInt(nano);
  const power = powersOfTen.get(suffix) ?? exponentOf(suffix) ?? 0;
  return digits * 10n ** BigInt(nano + Math.min(power, mostPower));
}
