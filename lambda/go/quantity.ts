/** A quantity, as far as a check looks at it. */
export interface Quantity {
  sign: -1 | 0 | 1;
  /** Without a part smaller than one. */
  integral: boolean;
}

const syntax = /^(?<sign>[+-]?)(?<whole>[0-9]*)(?:\.(?<fraction>[0-9]*))?(?<suffix>.*)$/s;

/** Decimal suffixes with their powers of ten; the binary ones keep a whole number whole. */
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
 * undefined where Go returns an error. A sign without digits is zero, a lone point too.
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

/** A regular expression would take quadratic time on many zeros before another digit. */
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
  // Trailing zeros are gone, so a decimal suffix leaves a fraction; with a binary one 2^60 has no room for more.
  if (binary === 0 || decimals > binary) return false;
  return (BigInt(digits) << BigInt(binary)) % 10n ** BigInt(decimals) === 0n;
}
