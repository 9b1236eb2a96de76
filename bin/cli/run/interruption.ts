import { addAbortListener } from "node:events";
import { constants } from "node:os";

/** A signal ended the run: Ctrl-C, a closed terminal, or a signal from another process. */
export class InterruptedError extends Error {
  override readonly name = "InterruptedError";
  /**
   * 128 plus the number of the signal, as in a shell. Source: POSIX, Shell Command Language, "Exit Status for
   * Commands".
   */
  readonly exitCode: number;
  constructor(signal: keyof typeof signals) {
    super(`The run was interrupted (${signal}).`);
    this.exitCode = 128 + signals[signal];
  }
}

const { SIGHUP, SIGINT, SIGTERM } = constants.signals;
const signals = { SIGHUP, SIGINT, SIGTERM };

/**
 * An AbortSignal that the first SIGHUP, SIGINT or SIGTERM aborts with an InterruptedError. Later signals are ignored:
 * the terminal and npm both send the Ctrl-C, and the second one must not interrupt the cleanup.
 */
export function interruption(): AbortSignal {
  const controller = new AbortController();
  for (const signal of ["SIGHUP", "SIGINT", "SIGTERM"] as const)
    process.on(signal, () => controller.abort(new InterruptedError(signal)));
  return controller.signal;
}

/** Awaits `work`. If the signal is aborted first, throws its reason; the work then continues in the background. */
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
