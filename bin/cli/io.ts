import type { Readable, Writable } from "node:stream";

/** Where a command reads and writes, and how it learns that the user interrupts it. */
export interface Io {
  stdin: Readable;
  stdout: Output;
  stderr: Output;
  /**
   * From the first call on, a signal to end aborts the returned signal instead of ending the process. Only a command
   * that has something to clean up calls it.
   */
  interruption(): AbortSignal;
}

/** `columns` is there on a terminal. */
export type Output = Writable & { isTTY?: boolean; columns?: number };
