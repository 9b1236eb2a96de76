/**
 * Whether Go parses a text as an IP address. Numbers may have leading zeros. IPv6 zones are not allowed.
 * Source: k8s.io/utils/net ParseIPSloppy, go.dev/src/net/ip.go parseIPv4 and parseIPv6 of Go 1.16.
 */
export function isAddress(text: string): boolean {
  return text.includes(":") ? isVersion6(text) : isVersion4(text);
}

function isVersion4(text: string): boolean {
  const numbers = text.split(".");
  return numbers.length === 4 && numbers.every((part) => /^\d+$/.test(part) && Number(part) <= 255);
}

/** Eight groups. One "::" replaces one or more groups of zero, and an IPv4 address at the end replaces two groups. */
function isVersion6(text: string): boolean {
  const [before = "", after, ...more] = text.split("::");
  if (more.length > 0) return false;
  const groups = [...groupsOf(before), ...groupsOf(after ?? "")];
  const last = groups.at(-1) ?? "";
  const dotted = last.includes(".");
  const hexadecimal = dotted ? groups.slice(0, -1) : groups;
  if (dotted && !(isVersion4(last) && text.endsWith(last))) return false;
  if (!hexadecimal.every((group) => /^0*[0-9a-fA-F]{1,4}$/.test(group))) return false;
  const count = hexadecimal.length + (dotted ? 2 : 0);
  return after === undefined ? count === 8 : count < 8;
}

function groupsOf(part: string): string[] {
  return part === "" ? [] : part.split(":");
}

export interface Address {
  /** An IPv4 address in the notation of IPv6, such as ::ffff:10.0.0.1, belongs to IPv4. */
  family: 4 | 6;
  /** Whether it is 0.0.0.0 or ::. */
  unspecified: boolean;
}

/** Source: k8s.io/utils/net ParseIPSloppy and IsIPv6, go.dev/src/net/ip.go IP.To4 and IP.IsUnspecified. */
export function parseAddress(text: string): Address | undefined {
  if (!isAddress(text)) return undefined;
  if (!text.includes(":")) return { family: 4, unspecified: !/[1-9]/.test(text) };
  const [before = "", after = ""] = text.split("::");
  const [head, tail] = [before, after].map((part) => groupsOf(part).flatMap(numbersOf));
  const numbers = [
    ...(head ?? []),
    ...Array<number>(8 - (head?.length ?? 0) - (tail?.length ?? 0)).fill(0),
    ...(tail ?? []),
  ];
  const isVersion4Mapped = numbers.slice(0, 5).every((number) => number === 0) && numbers[5] === 0xffff;
  const significant = isVersion4Mapped ? numbers.slice(6) : numbers;
  return { family: isVersion4Mapped ? 4 : 6, unspecified: significant.every((number) => number === 0) };
}

/** The 16-bit numbers of a group, which is hexadecimal or an IPv4 address. */
function numbersOf(group: string): number[] {
  if (!group.includes(".")) return [Number.parseInt(group, 16)];
  const [a = 0, b = 0, c = 0, d = 0] = group.split(".").map(Number);
  return [a * 256 + b, c * 256 + d];
}
