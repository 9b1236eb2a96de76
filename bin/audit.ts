#!/usr/bin/env node
/** The command line as a process: standard streams, signals and exit code. The commands are in cli/main.ts. */
import { main } from "./cli/main.ts";
import { interruption } from "./cli/run/interruption.ts";

process.stdout.on("error", ({ code, message }: NodeJS.ErrnoException) => {
  // A reader may close the pipe early, as `head` does. That is not an error.
  if (code === "EPIPE") process.exit();
  process.stderr.write(`error: standard output cannot be written: ${message}\n`);
  process.exit(2);
});

const { stdin, stdout, stderr } = process;
let interrupted: AbortSignal | undefined;
process.exitCode = await main(process.argv.slice(2), {
  stdin,
  stdout,
  stderr,
  interruption: () => (interrupted ??= interruption()),
});
// An interrupted run leaves requests under way, and an open connection would keep the process alive.
if (interrupted?.aborted) process.exit();
