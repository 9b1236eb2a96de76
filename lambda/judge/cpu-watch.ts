import type { Worker } from "node:worker_threads";

/** Limits for judging one node. */
export interface Bounds {
  /**
   * Milliseconds of CPU time. A thread that waits on a busy or suspended machine uses no CPU time, so no node is
   * rejected for it.
   */
  cpuTime: number;
  /**
   * Maximum number of consecutive looks at the thread without progress. This limit also applies to a thread that does
   * not report its CPU time. While the machine is suspended, the watch does not look.
   */
  looks: number;
}

/** Milliseconds between two looks at the thread. */
const interval = 100;

/**
 * Calls `onExceeded` when the thread has exceeded the limits since `progress` last changed. Returns a function that
 * ends the watch.
 */
export function watch(thread: Worker, { cpuTime, looks }: Bounds, progress: () => number, onExceeded: () => void) {
  let seen = { progress: Number.NaN, looks: 0, cpu: undefined as number | undefined };
  const timer = setInterval(() => {
    if (seen.progress !== progress()) seen = { progress: progress(), looks: 0, cpu: undefined };
    seen.looks += 1;
    const now = seen;
    if (now.looks > looks) onExceeded();
    // A thread reports its CPU time while it works, but not while it starts or ends. Node.js before 24 does not report
    // it.
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
