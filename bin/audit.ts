#!/usr/bin/env node
/** The command line as a process: standard streams, signals and exit code. The commands are in cli/main.ts. */
import { tolerateClosedPipes } from "./cli/io.ts";
import { main } from "./cli/main.ts";
import { interruption } from "./cli/run/interruption.ts";

tolerateClosedPipes();
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
