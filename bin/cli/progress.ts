import yoctoSpinner from "yocto-spinner";

/**
 * A spinner on a terminal, a line a step otherwise; on standard error, so that the result can be piped. Where it is `quiet`,
 * only a terminal is told anything.
 */
export function startProgress({ quiet = false } = {}) {
  const spinner = yoctoSpinner({ stream: process.stderr });
  const isTerminal = process.stderr.isTTY;
  let said = "";
  return {
    /** What is being done, and how far that has got, which only a terminal is told. */
    say(step: string, count?: string) {
      if (isTerminal) {
        spinner.text = count === undefined ? step : `${step}: ${count}`;
        if (!spinner.isSpinning) spinner.start();
      } else if (!quiet && step !== said) process.stderr.write(`${step}\n`);
      said = step;
    },
    stop() {
      if (spinner.isSpinning) spinner.stop();
    },
  };
}
