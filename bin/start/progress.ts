import yoctoSpinner from "yocto-spinner";

/** A spinner on a terminal, a line a step otherwise; on standard error, so that the result can be piped. */
export function startProgress() {
  const spinner = yoctoSpinner({ stream: process.stderr });
  const isTerminal = process.stderr.isTTY;
  return {
    say(step: string) {
      if (!isTerminal) process.stderr.write(`${step}\n`);
      else if (spinner.isSpinning) spinner.text = step;
      else spinner.start(step);
    },
    stop() {
      if (spinner.isSpinning) spinner.stop();
    },
  };
}
