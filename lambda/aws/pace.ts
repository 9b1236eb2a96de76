/** A token bucket: how fast AWS lets one account and Region call a service. */
export interface Rate {
  /** Calls that may be made at once after a rest. */
  burst: number;
  perSecond: number;
}

/**
 * Hands out turns at the given rate; each call returns the milliseconds to wait for its turn.
 * Turns are handed out in order, so a call never overtakes one that asked before.
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
