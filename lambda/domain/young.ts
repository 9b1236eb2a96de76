/**
 * Milliseconds that a new node gets to register with SSM and to start its kubelet. Most nodes take two minutes; with
 * large images and long user data they take longer.
 */
export const startingTime = 20 * 60_000;

/**
 * Whether an instance with this launch time (ISO 8601 or a date) may still be starting. `now` is epoch milliseconds.
 */
export function isYoung(launchedAt: string | Date | undefined, now: number): boolean {
  return launchedAt !== undefined && Math.abs(now - new Date(launchedAt).getTime()) < startingTime;
}
