/** Calls `work` for each of `members`, at most `limit` at a time, and returns the results in the same order. */
export async function inParallel<Member, Result>(
  limit: number,
  members: Iterable<Member>,
  work: (member: Member) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  const queue = members[Symbol.iterator]();
  let count = 0;
  // The workers share one iterator, so nothing is processed twice.
  const workers = Array.from({ length: limit }, async () => {
    for (let next = queue.next(); !next.done; next = queue.next()) {
      const index = count++;
      results[index] = await work(next.value);
    }
  });
  await Promise.all(workers);
  return results;
}

/** Returns a function that runs the work of its calls in their order, at most `limit` calls at a time. */
export function inTurn(limit: number): (work: () => Promise<void>) => Promise<void> {
  const waiting: (() => void)[] = [];
  let free = limit;
  return async (work) => {
    if (free > 0) free -= 1;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      await work();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else free += 1;
    }
  };
}

/**
 * Yields the values of `source`. It requests the first value at once, and the next value while the consumer processes
 * the current one.
 */
export function oneAhead<Member>(source: AsyncGenerator<Member, void>): AsyncGenerator<Member, void> {
  return follow(source, request(source));
}

async function* follow<Member>(source: AsyncGenerator<Member, void>, first: ReturnType<typeof request<Member>>) {
  let next = first;
  try {
    for (let member = await next; !member.done; member = await next) {
      next = request(source);
      yield member.value;
    }
  } finally {
    await source.return();
  }
}

function request<Member>(source: AsyncGenerator<Member, void>): Promise<IteratorResult<Member, void>> {
  const next = source.next();
  // The consumer sees the rejection when it awaits `next`. This line only prevents the unhandled-rejection warning until
  // then.
  next.catch(() => undefined);
  return next;
}
