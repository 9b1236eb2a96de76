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
