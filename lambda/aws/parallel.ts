/** Calls `work` for every member, at most `limit` at a time; the results come in the members' order. */
export async function inParallel<Member, Result>(
  limit: number,
  members: readonly Member[],
  work: (member: Member) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  const queue = members.entries();
  // The workers share one iterator, so each takes the next member that nobody has.
  const workers = Array.from({ length: Math.min(limit, members.length) }, async () => {
    for (const [index, member] of queue) results[index] = await work(member);
  });
  await Promise.all(workers);
  return results;
}

/** The source's members, each asked for while the one before is still being worked on. */
export async function* oneAhead<Member>(source: AsyncGenerator<Member, void>): AsyncGenerator<Member, void> {
  let next = source.next();
  try {
    for (let member = await next; !member.done; member = await next) {
      next = source.next();
      // Whoever waits for it learns of its failure; until then it is no unhandled one.
      next.catch(() => undefined);
      yield member.value;
    }
  } finally {
    await source.return();
  }
}
