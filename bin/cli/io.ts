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
