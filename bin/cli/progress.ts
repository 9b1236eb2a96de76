import yoctoSpinner from "yocto-spinner";
import type { Output } from "./io.ts";

interface ProgressOptions {
  stream?: Output;
  /** Only a terminal is told anything. */
  quiet?: boolean;
  /** A signal ends the process at once, with a tidy terminal; not where there is something to clean up. */
  handleSignals?: boolean;
}

/** Characters of a whole bar. */
const barWidth = 20;

/** `13 of 52 done █████░░░░░░░░░░░░░░░` */
export function inProgress(done: number, all: number): string {
  const filled = Math.round((barWidth * done) / all);
  return `${done} of ${all} done ${"█".repeat(filled)}${"░".repeat(barWidth - filled)}`;
}

/** A spinner on a terminal, a line a step otherwise; on standard error, so that the result can be piped. */
export function startProgress({ stream = process.stderr, quiet = false, handleSignals = true }: ProgressOptions = {}) {
  const spinner = yoctoSpinner({ stream, handleSignals });
  const isTerminal = stream.isTTY;
  let said = "";
  return {
    /** What is being done, and how far that has got, which only a terminal is told. */
    say(step: string, count?: string) {
      if (isTerminal) {
        spinner.text = count === undefined ? step : `${step}: ${count}`;
        if (!spinner.isSpinning) spinner.start();
      } else if (!quiet && step !== said) stream.write(`${step}\n`);
      said = step;
    },
    stop() {
      if (spinner.isSpinning) spinner.stop();
    },
    /** What came of it all; this stays on the terminal. */
    conclude(sentence: string) {
      if (isTerminal || !quiet) stream.write(`${sentence}\n`);
    },
  };
}
