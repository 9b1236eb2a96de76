/** Milliseconds that a timer of Node.js can wait. Source: Node.js, setTimeout. */
const longestTimer = 2_147_483_647;

/** A signal that is aborted at `at`, epoch milliseconds. */
export function deadline(at: number): AbortSignal {
  return AbortSignal.timeout(Math.min(Math.max(0, Math.ceil(at - Date.now())), longestTimer));
}

/** Milliseconds kept for what follows the collection: about 60,000 findings are judged and published in this time. */
const reserve = 90_000;

/** Milliseconds kept for what follows the publication: the ledgers are written. */
const lastReserve = 25_000;

/** Milliseconds before Lambda's end at which every call is given up and the summary is written. */
const summaryReserve = 12_000;

/** Epoch milliseconds at which the phases of a run end, given the end of the function. */
export interface Limits {
  /** No node is asked or waited for any more. */
  until: number;
  /** No finding is sent any more. */
  publishUntil: number;
  /** Every call is given up. */
  lastCall: number;
}

export function limitsOf(end: number): Limits {
  return { until: end - reserve, publishUntil: end - lastReserve, lastCall: end - summaryReserve };
}
