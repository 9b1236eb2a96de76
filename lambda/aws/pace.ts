/** A token bucket: the rate of calls to a service in one account-Region. */
export interface Rate {
  /** Number of calls that may be made at once when no call was made for a while. */
  burst: number;
  perSecond: number;
}

/**
 * The part of a published limit that this project uses. AWS throttles some calls when the pace is exactly the limit.
 */
const usedPart = 0.9;

/** A rate a little below a limit that AWS publishes. */
export function below(limit: Rate): Rate {
  return partOf(limit, usedPart);
}

/** A part of a rate, from 0 to 1. */
export function partOf({ burst, perSecond }: Rate, part: number): Rate {
  return { burst: Math.max(1, Math.floor(burst * part)), perSecond: perSecond * part };
}

/**
 * Returns a function that paces calls at the given rate. Call that function before each request: it returns the
 * milliseconds to wait. The waits keep the order of the requests.
 */
export function pacer({ burst, perSecond }: Rate, now: () => number = Date.now): () => number {
  const interval = 1000 / perSecond;
  let emptyUntil = Number.NEGATIVE_INFINITY;
  return () => {
    const at = now();
    emptyUntil = Math.max(emptyUntil, at - (burst - 1) * interval);
    const wait = Math.max(0, emptyUntil - at);
    emptyUntil += interval;
    return wait;
  };
}
