import { type JsonFrom, MalformedDocument } from "../json.ts";
import { parseInteger, parseUnsigned } from "../literals.ts";
import type { Scalar } from "./parser.ts";

/** The value of a scalar in go-yaml. */
export type Plain = null | boolean | string | bigint | number;

/**
 * Words that are not text in go-yaml v2 (resolve.go). go-yaml reads booleans and numbers of YAML 1.1, but not base 60.
 * Quoted scalars and timestamps without a tag stay text.
 */
const words = new Map<string, Plain>([
  ...["", "~", "null", "Null", "NULL"].map((word) => [word, null] as const),
  ...["y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"].map((word) => [word, true] as const),
  ...["n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"].map((word) => [word, false] as const),
  ...[".nan", ".NaN", ".NAN"].map((word) => [word, Number.NaN] as const),
  ...[".inf", ".Inf", ".INF"].flatMap((word) => [
    ...[word, `+${word}`].map((positive) => [positive, Number.POSITIVE_INFINITY] as const),
    [`-${word}`, Number.NEGATIVE_INFINITY] as const,
  ]),
]);

const float = /^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$/;
const namespace = "tag:yaml.org,2002:";

export function resolveScalar({ text, tag, implicit }: Scalar): Plain {
  if (tag === "") return implicit ? resolvePlain(text) : text;
  switch (tag) {
    case `${namespace}binary`:
      return decodeBinary(text);
    case `${namespace}bool`:
      return tagged(text, (plain) => typeof plain === "boolean");
    case `${namespace}null`:
      return tagged(text, (plain) => plain === null);
    case `${namespace}int`:
      return tagged(text, (plain) => typeof plain === "bigint");
    case `${namespace}float`:
      return toFloat(tagged(text, (plain) => typeof plain === "number" || isSigned(plain)));
    case `${namespace}timestamp`:
      return isTimestamp(text) ? text : wrongTag(text);
    default:
      return text;
  }
}

function tagged(text: string, fits: (plain: Plain) => boolean): Plain {
  const plain = resolvePlain(text);
  return fits(plain) ? plain : wrongTag(text);
}

function wrongTag(text: string): never {
  throw new MalformedDocument(`not YAML: ${JSON.stringify(text.slice(0, 60))} does not match its tag`);
}

function isSigned(plain: Plain): plain is bigint {
  return typeof plain === "bigint" && BigInt.asIntN(64, plain) === plain;
}

function toFloat(plain: Plain): Plain {
  return typeof plain === "bigint" ? Number(plain) : plain;
}

function resolvePlain(text: string): Plain {
  const word = words.get(text);
  if (word !== undefined) return word;
  if (!/^[-+.0-9]/.test(text)) return text;
  // Go parses a text that starts with a point by its own rules, which require a digit on both sides of an underscore.
  if (text.startsWith(".") && /(?<![0-9])_|_(?![0-9])/.test(text)) return text;
  const digits = text.replaceAll("_", "");
  const integer = parseInteger(digits, 64) ?? parseUnsigned(digits) ?? signedBinary(digits);
  if (integer !== undefined) return integer;
  return float.test(digits) && Number.isFinite(Number(digits)) ? Number(digits) : text;
}

/** go-yaml parses the text after "0b" as a number of base 2. That number may have a sign. */
function signedBinary(digits: string): bigint | undefined {
  const [, sign, binary] = /^0b([-+])([01]+)$/.exec(digits) ?? [];
  return binary === undefined ? undefined : parseInteger(`${sign}0b${binary}`, 64);
}

/** Decodes strict base64 with padding, over any number of lines. Like Go, it replaces each byte that is not UTF-8. */
function decodeBinary(text: string): string {
  const base64 = text.replaceAll(/[\r\n]/g, "");
  if (!/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(base64)) {
    throw new MalformedDocument("not YAML: !!binary value contains invalid base64 data");
  }
  const bytes = Buffer.from(base64, "base64").toString("latin1");
  return bytes.replaceAll(wideCharacter, (wide) =>
    wide.length > 1 ? Buffer.from(wide, "latin1").toString() : "\ufffd",
  );
}

const wideCharacter =
  /[\xc2-\xdf][\x80-\xbf]|\xe0[\xa0-\xbf][\x80-\xbf]|[\xe1-\xec\xee\xef][\x80-\xbf]{2}|\xed[\x80-\x9f][\x80-\xbf]|\xf0[\x90-\xbf][\x80-\xbf]{2}|[\xf1-\xf3][\x80-\xbf]{3}|\xf4[\x80-\x8f][\x80-\xbf]{2}|[\x80-\xff]/g;

const timestamp =
  /^(\d{4})-(\d{1,2})-(\d{1,2})(?:(?:[Tt]| +)(\d{1,2}):(\d{1,2}):(\d{1,2})(?:[.,]\d+)?(Z|[-+](\d{2}):(\d{2}))?)?$/;

/** The four forms of resolve.go: a date, a date and a time after a space, and RFC 3339 with T or with t. */
function isTimestamp(text: string): boolean {
  const [, year, month, day, hour = 0, minute = 0, second = 0, zone, zoneHour = 0, zoneMinute = 0] =
    timestamp.exec(text) ?? [];
  if (year === undefined || /t/i.test(text) !== (zone !== undefined)) return false;
  const inMonth = [31, isLeap(Number(year)) ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][Number(month) - 1] ?? 0;
  if (Number(day) < 1 || Number(day) > inMonth) return false;
  return +hour < 24 && +minute < 60 && +second < 60 && +zoneHour <= 24 && +zoneMinute <= 60;
}

function isLeap(year: number): boolean {
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
}

export function scalarToJson(plain: Plain): JsonFrom<never> {
  if (typeof plain === "bigint") return { number: plain.toString() };
  if (typeof plain !== "number") return plain;
  if (!Number.isFinite(plain)) throw new MalformedDocument(`${plain} is not a JSON number`);
  // Go's JSON and JavaScript print numbers alike: 1e3 becomes 1000, which is then a valid integer.
  return { number: Object.is(plain, -0) ? "-0" : String(plain) };
}

/** Returns equal values for equal keys. In Go, keys of different types are different, and NaN never equals NaN. */
export function identityOf(key: Plain): string | symbol {
  return typeof key === "number" && Number.isNaN(key) ? Symbol() : `${typeof key} ${key}`;
}

/** A mapping key as a JSON name. Source: sigs.k8s.io/yaml convertToJSONableObject. */
export function nameOf(key: Plain): string | undefined {
  if (key === null) return undefined;
  if (typeof key === "number") return floatName(key);
  return typeof key !== "bigint" || isSigned(key) ? String(key) : undefined;
}

/** strconv.FormatFloat(key, 'g', -1, 32): the fewest digits that give the same 32-bit float. */
function floatName(key: number): string {
  const rounded = Math.fround(key);
  if (Number.isNaN(rounded)) return ".nan";
  if (!Number.isFinite(rounded)) return rounded > 0 ? ".inf" : "-.inf";
  if (rounded === 0) return Object.is(rounded, -0) ? "-0" : "0";
  const lengths = Array.from({ length: 17 }, (_, digits) => rounded.toExponential(digits));
  const shortest = lengths.find((text) => Math.fround(Number(text)) === rounded) ?? String(rounded);
  const [digits = "", exponent = "0"] = shortest.split("e");
  if (+exponent >= -4 && +exponent < 6) return String(Number(shortest));
  return `${digits}e${+exponent < 0 ? "-" : "+"}${String(Math.abs(+exponent)).padStart(2, "0")}`;
}
