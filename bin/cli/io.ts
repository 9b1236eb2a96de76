import type { Readable, Writable } from "node:stream";

/** Streams of a command, and the signal that interrupts it. */
export interface Io {
  stdin: Readable;
  stdout: Output;
  stderr: Output;
  /**
   * From the first call on, SIGHUP, SIGINT and SIGTERM abort the returned AbortSignal instead of ending the process.
   * Only commands that have to clean up call it.
   */
  interruption(): AbortSignal;
}

/** A stream that may be a terminal. Only a terminal has `columns`. */
export type Output = Writable & { isTTY?: boolean; columns?: number };

/**
 * Lets the process work on when a reader closes its output early, as `head` does, so that it still cleans up and its
 * exit code is right. Any other error of standard output ends the process with exit code 2.
 */
export function tolerateClosedPipes(): void {
  process.stderr.on("error", () => {});
  process.stdout.on("error", ({ code, message }: NodeJS.ErrnoException) => {
    if (code === "EPIPE") return;
    process.stderr.write(
      `error: Standard output cannot be written: ${message}. Check the file or device it goes to.\n`,
    );
    process.exit(2);
  });
}
