/** Splits the list into parts of `size`, because AWS limits how much one call may contain. The last part may be smaller. */
export function chunk<Member>(members: readonly Member[], size: number): Member[][] {
  const count = Math.ceil(members.length / size);
  return Array.from({ length: count }, (_, index) => members.slice(index * size, (index + 1) * size));
}
