import { addAbortListener } from "node:events";
import { constants } from "node:os";

/** Somebody ended the run: Ctrl-C, a closed terminal, or whoever started it. */
export class InterruptedError extends Error {
  override readonly name = "InterruptedError";
  /** As a shell tells it. Source: POSIX, Shell Command Language, "Exit Status for Commands". */
  readonly exitCode: number;
  constructor(signal: keyof typeof signals) {
    super(`The run was interrupted (${signal}).`);
    this.exitCode = 128 + signals[signal];
  }
}

const { SIGHUP, SIGINT, SIGTERM } = constants.signals;
const signals = { SIGHUP, SIGINT, SIGTERM };

/**
 * Aborted, with an InterruptedError, by the first signal to end. Further ones change nothing: npm hands on the Ctrl-C that
 * the terminal sends as well, and cleaning up must not be cut short by that.
 */
export function interruption(): AbortSignal {
  const controller = new AbortController();
  for (const signal of ["SIGHUP", "SIGINT", "SIGTERM"] as const)
    process.on(signal, () => controller.abort(new InterruptedError(signal)));
  return controller.signal;
}

/** What `work` gives, unless the signal is aborted first: then its reason is thrown, whatever becomes of the work. */
export async function unlessAborted<Result>(work: Promise<Result>, signal: AbortSignal): Promise<Result> {
  signal.throwIfAborted();
  const { promise, reject } = Promise.withResolvers<never>();
  const listener = addAbortListener(signal, () => reject(signal.reason));
  try {
    return await Promise.race([work, promise]);
  } finally {
    listener[Symbol.dispose]();
  }
}
