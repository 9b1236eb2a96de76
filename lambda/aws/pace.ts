/** A token bucket: how fast AWS lets one account and Region call a service. */
export interface Rate {
  /** Calls that may be made at once after a rest. */
  burst: number;
  perSecond: number;
}

/** Part of a published limit that this project uses: calls paced exactly at a limit are throttled now and then. */
const usedPart = 0.9;

/** A rate a little below a limit that AWS publishes. */
export function below({ burst, perSecond }: Rate): Rate {
  return { burst: Math.floor(burst * usedPart), perSecond: perSecond * usedPart };
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
