/**
 * Milliseconds that a new node has to register with SSM and to start its kubelet. Most take two minutes, large images and
 * long user data more.
 */
export const startingTime = 20 * 60_000;

/** Whether an instance that was launched at that time (ISO 8601 or a date) may still be starting. `now` is epoch milliseconds. */
export function isYoung(launchedAt: string | Date | undefined, now: number): boolean {
  return launchedAt !== undefined && Math.abs(now - new Date(launchedAt).getTime()) < startingTime;
}
