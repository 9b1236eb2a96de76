import type { Worker } from "node:worker_threads";

/** What one node may cost. */
export interface Bounds {
  /** Milliseconds of CPU time. A busy or suspended machine uses up no CPU time, so it condemns no node. */
  cpuTime: number;
  /** Looks without progress, for what does not report its CPU time. A suspended machine does not look either. */
  looks: number;
}

/** Milliseconds between two looks. */
const interval = 100;

/** Calls `onExceeded` once when the thread has worked too long since `progress` last changed. Returns the end of the watch. */
export function watch(thread: Worker, { cpuTime, looks }: Bounds, progress: () => number, onExceeded: () => void) {
  let seen = { progress: Number.NaN, looks: 0, cpu: undefined as number | undefined };
  const timer = setInterval(() => {
    if (seen.progress !== progress()) seen = { progress: progress(), looks: 0, cpu: undefined };
    seen.looks += 1;
    const now = seen;
    if (now.looks > looks) onExceeded();
    // The thread reports it in the middle of its work, but not while it starts or ends, and not before Node.js 24.
    thread.cpuUsage?.().then(
      ({ user, system }) => {
        const cpu = (user + system) / 1000;
        now.cpu ??= cpu;
        if (now.progress === progress() && cpu - now.cpu > cpuTime) onExceeded();
      },
      () => {},
    );
  }, interval);
  return () => clearInterval(timer);
}
