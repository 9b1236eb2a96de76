import yoctoSpinner from "yocto-spinner";
import type { Output } from "./io.ts";
import { clip } from "./screen.ts";

interface ProgressOptions {
  stream?: Output;
  /** Writes nothing unless the stream is a terminal. */
  quiet?: boolean;
  /**
   * Whether a signal restores the terminal and ends the process at once. Set it to false if the command has to clean
   * up.
   */
  handleSignals?: boolean;
}

/** Progress of a step. */
export interface Count {
  done: number;
  all: number;
}

/** Characters of a full progress bar. */
const barWidth = 20;

/** Milliseconds after the start of a step during which no time is estimated, because its pace is not yet reliable. */
const leastElapsed = 2000;

/** `13 of 52 done █████░░░░░░░░░░░░░░░`, followed by the remaining time if it is known. */
export function inProgress({ done, all }: Count, secondsLeft?: number): string {
  const filled = Math.round((barWidth * done) / all);
  const bar = `${done} of ${all} done ${"█".repeat(filled)}${"░".repeat(barWidth - filled)}`;
  return secondsLeft === undefined ? bar : `${bar} about ${durationText(secondsLeft)} left`;
}

function durationText(seconds: number): string {
  return seconds < 90 ? `${Math.ceil(seconds)} s` : `${Math.round(seconds / 60)} min`;
}

/**
 * Remaining seconds of a step at its pace so far; undefined while the pace is unknown. `elapsed` is in milliseconds.
 */
export function estimate({ done, all }: Count, doneBefore: number, elapsed: number): number | undefined {
  const steps = done - doneBefore;
  if (steps <= 0 || elapsed < leastElapsed || done >= all) return undefined;
  return ((all - done) * elapsed) / steps / 1000;
}

/** True on a CI system. Its log keeps every written line, so a progress line that updates itself would fill the log. */
function isContinuousIntegration(): boolean {
  return !["", "0", "false"].includes(process.env.CI ?? "");
}

/**
 * Shows progress: a spinner on a terminal, otherwise one line per step, nothing on a CI system. The default stream is
 * standard error, so that standard output contains only the result.
 */
export function startProgress({ stream = process.stderr, quiet = false, handleSignals = true }: ProgressOptions = {}) {
  const spinner = yoctoSpinner({ stream, handleSignals });
  const isSilent = isContinuousIntegration();
  const isTerminal = stream.isTTY && !isSilent;
  /** Columns for the text beside the spinner. A longer line would wrap, and the spinner could not clear it. */
  const room = () => Math.max((stream.columns ?? Number.POSITIVE_INFINITY) - 3, 20);
  const counts = new Map<string, Count>();
  let started = { at: 0, done: 0, all: 0 };
  let said = "";

  /** Progress summed over all places, such as Regions. */
  const countText = (): string => {
    const sum = { done: 0, all: 0 };
    for (const { done, all } of counts.values()) {
      sum.done += done;
      sum.all += all;
    }
    if (sum.all !== started.all) started = { at: performance.now(), ...sum };
    return inProgress(sum, estimate(sum, started.done, performance.now() - started.at));
  };
  return {
    /** Shows the current step of a place. Only a terminal shows the count. */
    say(step: string, place = "", count?: Count) {
      const line = place ? `${place}: ${step}` : step;
      if (count) counts.set(place, count);
      if (isTerminal) {
        const label = counts.size > 1 && count ? `${counts.size} places` : line;
        spinner.text = clip(count ? `${label}: ${countText()}` : line, room());
        if (!spinner.isSpinning) spinner.start();
      } else if (!quiet && !isSilent && line !== said) stream.write(`${line}\n`);
      said = line;
    },
    stop() {
      if (spinner.isSpinning) spinner.stop();
    },
    /** Writes a sentence that stays on the terminal after the run. */
    conclude(sentence: string) {
      if (stream.isTTY || !quiet) stream.write(`${sentence}\n`);
    },
  };
}
