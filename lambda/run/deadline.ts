/** Longest time of a timer in Node.js, milliseconds. Source: Node.js, setTimeout. */
const longestTimer = 2_147_483_647;

/** A signal that is aborted at `at`, epoch milliseconds. */
export function deadline(at: number): AbortSignal {
  return AbortSignal.timeout(Math.min(Math.max(0, Math.ceil(at - Date.now())), longestTimer));
}

/** Milliseconds reserved for judging and publishing after collecting: enough for about 60,000 findings. */
const reserve = 90_000;

/** Milliseconds reserved for writing the ledgers after publishing. */
const lastReserve = 25_000;

/** Milliseconds reserved for writing the summary. At their start every call to AWS is cancelled. */
const summaryReserve = 12_000;

/** Time limits of a run, epoch milliseconds. */
export interface Limits {
  /** The run stops sending commands and waiting for nodes. */
  until: number;
  /** The run stops sending findings. */
  publishUntil: number;
  /** Every call to AWS is cancelled. */
  lastCall: number;
}

/** The limits of a run whose function ends at `end`. */
export function limitsOf(end: number): Limits {
  return { until: end - reserve, publishUntil: end - lastReserve, lastCall: end - summaryReserve };
}
