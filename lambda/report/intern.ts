/** A list that holds each value once, by index. Two values are the same when `keyOf` gives the same text. */
export function intern<T>(keyOf: (value: T) => string) {
  const [all, places]: [T[], Map<string, number>] = [[], new Map()];
  return {
    all,
    add(value: T): number {
      const key = keyOf(value);
      const known = places.get(key);
      if (known !== undefined) return known;
      places.set(key, all.length);
      return all.push(value) - 1;
    },
  };
}
