/** The time of the embedded AWS: it runs with the machine's and can be moved forward, so that a test can play months. */
export interface Clock {
  /** Epoch milliseconds. */
  now(): number;
  advance(milliseconds: number): void;
}

/** `start` is the first moment, in epoch milliseconds. */
export function startClock(start = Date.now()): Clock {
  let offset = start - Date.now();
  return {
    now: () => Date.now() + offset,
    advance(milliseconds) {
      offset += milliseconds;
    },
  };
}

/** ISO 8601 with milliseconds, as Security Hub and EC2 write it. */
export const isoTime = (clock: Clock): string => new Date(clock.now()).toISOString();

/** Epoch seconds, as the JSON protocols write it. */
export const epochSeconds = (milliseconds: number): number => milliseconds / 1000;
