/** Milliseconds that a timer of Node.js can wait. Source: Node.js, setTimeout. */
const longestTimer = 2_147_483_647;

/** A signal that is aborted at `at`, epoch milliseconds. */
export function deadline(at: number): AbortSignal {
  return AbortSignal.timeout(Math.min(Math.max(0, Math.ceil(at - Date.now())), longestTimer));
}
