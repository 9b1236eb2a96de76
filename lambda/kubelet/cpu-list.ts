import { isAtoi } from "./flag-grammars.ts";

/**
 * The number of CPUs in a list such as "0-3,8"; undefined if the text is not a CPU list. Source: k8s.io/utils/cpuset
 * Parse.
 */
export function cpusIn(text: string): bigint | undefined {
  const ranges: { first: bigint; last: bigint }[] = [];
  for (const range of text.split(",")) {
    const [from = "", ...rest] = range.split("-");
    const to = rest.length === 0 ? from : rest.join("-");
    if (!isAtoi(from) || !isAtoi(to)) return undefined;
    const [first, last] = [BigInt(from.replace("+", "")), BigInt(to.replace("+", ""))];
    if (first > last) return undefined;
    ranges.push({ first, last });
  }
  ranges.sort((one, other) => Number(one.first - other.first));
  let [count, next] = [0n, ranges[0]?.first ?? 0n];
  for (const { first, last } of ranges) {
    const fresh = first > next ? first : next;
    if (last < fresh) continue;
    count += last - fresh + 1n;
    next = last + 1n;
  }
  return count;
}
