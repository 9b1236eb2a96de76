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
