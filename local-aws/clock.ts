/** Clock of the embedded AWS. It follows the machine's clock; a test can move it forward to simulate months. */
export interface Clock {
  /** Epoch milliseconds. */
  now(): number;
  advance(milliseconds: number): void;
}

/** Returns a clock that now shows `start`, in epoch milliseconds. */
export function startClock(start = Date.now()): Clock {
  let offset = start - Date.now();
  return {
    now: () => Date.now() + offset,
    advance(milliseconds) {
      offset += milliseconds;
    },
  };
}

/** The current time as ISO 8601 with milliseconds, the form that Security Hub and EC2 use. */
export const isoTime = (clock: Clock): string => new Date(clock.now()).toISOString();

/** Converts to epoch seconds, the form that AWS's JSON protocols use. */
export const epochSeconds = (milliseconds: number): number => milliseconds / 1000;
